"""States as items and back."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamo import entry_codec, keys, run_codec, task_codec
from chalicelib.adapters.dynamo.api_keys import FIELDS
from chalicelib.adapters.dynamo.attributes import size_bytes
from chalicelib.adapters.dynamo.difference import REV, STATE_BYTES, difference
from chalicelib.adapters.dynamo.shape import Shape
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.writes import MARK, new_mark
from foreman_contract.enums import Priority, RunStatus, TaskStatus
from foreman_engine.domain.ids import make_entry_id, make_run_id, make_task_id
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.retry import RetryPolicy
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState

MS = 1_767_225_600_000
RUN_ID = make_run_id(MS, 99)
instants = st.integers(0, 10**13)
names = st.text(min_size=1, max_size=40)
payloads = st.builds(Payload, st.text(min_size=1, max_size=30))
runs = st.builds(
    RunState,
    id=st.just(RUN_ID),
    org_id=st.just("acme"),
    status=st.sampled_from(RunStatus),
    input_data=payloads,
    created_at=instants,
    updated_at=instants,
    auto_complete=st.booleans(),
    output_data=st.none() | payloads,
    error_data=st.none() | payloads,
    metadata=st.none() | payloads,
    result_queue=st.none() | names,
    total_tasks=st.integers(0, 10**6),
    started_at=st.none() | instants,
    completed_at=st.none() | instants,
    duration_ms=st.none() | instants,
    notified_at=st.none() | instants,
    epoch=st.integers(0, 5),
    hold=st.booleans(),
    rev=st.integers(0, 10**6),
    counts=st.builds(lambda: RunState("", "", RunStatus.PENDING, Payload("1"), 0, 0).counts),
)
tasks = st.builds(
    TaskState,
    id=st.integers(0, 99).map(lambda number: make_task_id(RUN_ID, MS + number, number)),
    run_id=st.just(RUN_ID),
    org_id=st.just("acme"),
    type=names,
    status=st.sampled_from(TaskStatus),
    input_data=payloads,
    created_at=instants,
    updated_at=instants,
    parent_task_id=st.none() | st.just(make_task_id(RUN_ID, MS, 1)),
    queue=names,
    priority=st.sampled_from(Priority),
    retry_count=st.integers(0, 10),
    max_retries=st.integers(0, 10),
    retry_policy=st.none() | st.builds(RetryPolicy, st.floats(0, 1e9), st.floats(1, 9), st.floats(0, 9)),
    attempt=st.integers(0, 10**6),
    reported_attempt=st.none() | instants,
    due_at=st.none() | instants,
    epoch=st.integers(0, 5),
    dead_letters=st.integers(0, 5),
    traceparent=st.none() | names,
    rev=st.integers(0, 10**6),
)
entries = st.builds(
    EntryState,
    id=st.just(make_entry_id(MS, 1, 2)),
    run_id=st.just(RUN_ID),
    org_id=st.just("acme"),
    task_id=st.just(make_task_id(RUN_ID, MS, 1)),
    key=names,
    value=payloads,
    tags=st.lists(names, max_size=5).map(tuple),
    created_at=instants,
    updated_at=instants,
    metadata=st.none() | payloads,
)


@given(runs)
def test_a_run_survives(run: RunState) -> None:
    item, placed = run_codec.new_run(run, new_mark(), Shelf(MS))
    assert run_codec.read_run("acme", item) == run
    assert placed.outside == ()


@given(tasks)
def test_a_task_survives(task: TaskState) -> None:
    item, placed = task_codec.new_task(task, new_mark(), Shelf(MS))
    assert task_codec.read_task("acme", item) == task
    assert placed.outside == ()


@given(entries)
def test_an_entry_survives(entry: EntryState) -> None:
    item, placed = entry_codec.new_entry(entry, Shelf(MS))
    assert entry_codec.read_entry("acme", item) == entry
    assert placed.outside == ()


@pytest.mark.parametrize(
    ("shape", "state", "beside"),
    [
        (run_codec.SHAPE, RunState, {"org_id", "total_tasks", "counts", "rev"}),
        (task_codec.SHAPE, TaskState, {"id", "org_id", "rev"}),
        (entry_codec.SHAPE, EntryState, {"id", "org_id"}),
        (Shape(FIELDS, {}), ApiKey, {"org_id", "hash"}),
    ],
)
def test_no_field_is_forgotten_and_no_attribute_used_twice(
    shape: Shape, state: Any, beside: set[str]
) -> None:
    stored = [each.name for each in shape.fields] + list(shape.payloads)
    assert sorted(stored) == sorted({each.name for each in fields(state)} - beside)
    attributes = [each.attr for each in shape.fields] + list(shape.payloads.values())
    assert (
        len({*attributes, REV, MARK, "pk", "sk", "gpk", "gsk", "dpk", "dsk", run_codec.TOTAL})
        == len(attributes) + 9
    )


def test_an_attribute_of_another_version_is_ignored() -> None:
    item, _ = task_codec.new_task(typical_task(), new_mark(), Shelf(MS))
    assert task_codec.read_task("acme", {**item, "zz": {"S": "new"}}) == typical_task()


def typical_task(**fields: Any) -> TaskState:
    given: dict[str, Any] = {"input_data": Payload('{"order":17}'), **fields}
    return TaskState(
        id=make_task_id(RUN_ID, MS + 5, 9),
        run_id=RUN_ID,
        org_id="acme",
        type="process-order",
        status=TaskStatus.QUEUED,
        created_at=MS + 5,
        updated_at=MS + 5,
        enqueue=True,
        queued_at=MS + 5,
        **given,
    )


def test_a_typical_state_is_small() -> None:
    item, _ = task_codec.new_task(typical_task(), new_mark(), Shelf(MS))
    assert size_bytes(item) < 250


@given(st.binary(max_size=1500))
def test_a_task_with_any_input_stays_below_a_kilobyte_once_claimed(noise: bytes) -> None:
    task = typical_task(input_data=Payload(f'"{noise.hex()}"'))
    item, _ = task_codec.new_task(task, new_mark(), Shelf(MS))
    claimed = replace(
        task,
        status=TaskStatus.RUNNING,
        attempt=1,
        worker_id="worker-host-1234:5678",
        claim_id="0190c5c8-0000-7000-8000-000000000000",
        lease_until=MS,
        lease_ms=60_000,
        attempt_started_at=MS,
        started_at=MS,
    )
    where = keys.task_place("acme", task.id)
    change = difference(task_codec.SHAPE, where, task, claimed, Shelf(MS))
    assert size_bytes({**item, **change.sets}) <= STATE_BYTES
