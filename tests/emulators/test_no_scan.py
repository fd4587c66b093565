"""No store ever scans a table: each of their calls is made where a Scan, and whatever else is no read or write, is refused."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.dynamodb_local import dynamodb_local_ports
from benchmarks.dynamodb_local_install import DynamoDbLocal
from benchmarks.usage import RefusedCallError, Usage
from chalicelib.adapters.dynamo.capacity import READS, WRITES
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.links import AFTER_KEYS, FIRST, LAST, Link, TagLink
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.schedules import ScheduleChange, ScheduleState
from foreman_engine.domain.tasks import Change
from foreman_engine.service.indexes import RunIndex, TaskIndex
from foreman_engine.service.key_store import KeyStore
from foreman_engine.service.outside_payloads import OutsidePayloads
from foreman_engine.service.ports import DUE_SHARDS, Ports, Position, RunStore, TaskStore
from foreman_engine.service.rate_windows import RateWindows
from foreman_engine.service.run_data_store import RunDataStore
from foreman_engine.service.schedule_store import ScheduleStore
from tests.contract.states import Maker

pytestmark = pytest.mark.emulator

STORES: dict[str, type] = {
    "runs": RunStore,
    "tasks": TaskStore,
    "run_data": RunDataStore,
    "schedules": ScheduleStore,
    "keys": KeyStore,
    "payloads": OutsidePayloads,
    "rate_windows": RateWindows,
}
TAGS = TagLink("", "", ""), TagLink(AFTER_KEYS, "", "")


class Noted:
    """A store whose calls are noted."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(self._store, name)


@pytest.fixture(scope="module")
def watched(dynamodb_local: DynamoDbLocal) -> Iterator[tuple[Ports, Usage]]:
    with dynamodb_local_ports(dynamodb_local) as made:
        yield made


def call_runs(make: Maker) -> None:
    runs, run = make.ports.runs, make.stored_run()
    runs.get(make.org_id, [run.id])
    runs.counts(make.org_id, run.id)
    runs.load([run])
    runs.save(run, replace(run, updated_at=run.updated_at + 1))
    runs.whole(make.org_id, [run.id])
    statuses = [RunIndex("created_at", status) for status in RunStatus]
    for index in (RunIndex(), RunIndex("started_at"), RunIndex("completed_at"), *statuses):
        runs.rows(make.org_id, index, 5, Position(run.created_at + 1, run.id), ascending=False)
        runs.count(make.org_id, index, 100)


def call_tasks(make: Maker) -> None:
    tasks, task = make.ports.tasks, make.stored_task(due_at=1)
    tasks.get(make.org_id, [task.id])
    tasks.load([task])
    [saved] = tasks.save([Change(task, replace(task, updated_at=task.updated_at + 1))])
    assert tasks.save_each([Change(saved, replace(saved, attempt=1))]) != [None]
    tasks.dependants(make.org_id, task.id, 5, None)
    for index in (TaskIndex(), TaskIndex(TaskStatus.FAILED), TaskIndex(parent_id=task.id)):
        tasks.rows(make.org_id, index, 5, Position(task.created_at + 1, task.id), ascending=False)
    for ended in (None, TaskStatus.CANCELLED):
        tasks.count(make.org_id, ended, 100)
    assert any(tasks.due(shard, 10, 5) for shard in range(DUE_SHARDS))
    tasks.of_run(make.org_id, task.run_id, 5, None, ascending=True)


def call_run_data(make: Maker) -> None:
    data, task = make.ports.run_data, make.stored_task()
    before = make.entry(task, tags=("a", "b"))
    after = replace(before, tags=("b", "c"))
    org_id, run_id = make.org_id, task.run_id
    data.add(before, make.record())
    data.retag(before, after)
    data.get(org_id, run_id, [after.id])
    data.load([after])
    data.of_run(org_id, run_id, 5, None, ascending=False)
    data.newest_of(org_id, run_id, ["k"])
    for tag in (None, "b"):
        assert data.links(org_id, run_id, tag, FIRST, LAST, 5, ascending=True)
    data.tag_links(org_id, run_id, *TAGS, 5, ascending=False)
    hits: list[Any] = [*data.search(org_id, FIRST, LAST, 5), *data.search(org_id, *TAGS, 5)]
    assert {type(hit.link) for hit in hits} == {Link, TagLink}
    assert set(data.entries_at(org_id, hits)) == {after.id}
    data.remove([after])


def call_keys(make: Maker) -> None:
    keys, record = make.ports.keys, make.record("scan")
    keys.add(ApiKey("key_1", make.org_id, "test", "0" * 64, created_at=1))
    keys.find(make.org_id, "0" * 64)
    keys.of_org(make.org_id)
    keys.organizations()
    keys.revoke(make.org_id, "key_1", 2)
    keys.record(make.org_id, record.scope)
    keys.set_limit(make.org_id, "key_1", None, unlimited=True)


def call_schedules(make: Maker) -> None:
    schedules, now = make.ports.schedules, make.ports.clock.now_ms()
    made = ScheduleState(
        id=make.ports.ids.schedule_id(now),
        org_id=make.org_id,
        name="n",
        template=Payload(f'"{secrets.token_hex(5_000)}"'),
        next_fire_at=1,
        created_at=now,
        updated_at=now,
        every_s=60,
    )
    schedules.create(made, make.record("schedule"))
    stored = schedules.get(make.org_id, made.id)
    assert stored is not None
    [loaded] = schedules.load([stored])
    saved = schedules.save(ScheduleChange(loaded, replace(loaded, template=Payload("1"))))
    assert schedules.rows(make.org_id, 5, None, ascending=False)
    assert schedules.count(make.org_id, 100) == 1
    assert any(schedules.due(shard, 10) for shard in range(DUE_SHARDS))
    schedules.delete(saved)


def call_rate_windows(make: Maker) -> None:
    windows = make.ports.rate_windows
    made = windows.count(make.org_id, "0" * 64, 60, 1, 1)
    assert windows.latest(make.org_id, "0" * 64, 60) == made


def call_payloads(make: Maker) -> None:
    payloads, run = make.ports.payloads, make.stored_run(input_data=Payload(f'"{secrets.token_hex(5_000)}"'))
    address = run_address(run.id) or ""
    [stored] = payloads.beside(make.org_id, address)
    assert payloads.referred(make.org_id, address).names == {stored.name}
    assert list(payloads.never_created(make.org_id)) == []
    payloads.remove(make.org_id, address, [stored.name])
    with pytest.raises(RefusedCallError, match="ListObjectsV2"):
        next(payloads.apart(make.org_id))


def test_no_call_of_any_store_scans(watched: tuple[Ports, Usage]) -> None:
    ports, usage = watched
    noted: dict[str, Any] = {name: Noted(getattr(ports, name)) for name in STORES}
    make = Maker(replace(ports, **noted), "org")
    for call in (
        call_runs,
        call_tasks,
        call_run_data,
        call_schedules,
        call_keys,
        call_payloads,
        call_rate_windows,
    ):
        call(make)
    for name, store in STORES.items():
        assert noted[name].called == {each for each in vars(store) if not each.startswith("_")}
    assert usage.calls.keys() <= READS | WRITES
