"""Idempotency records: kept with the objects they are about, and looked at before anything else."""

from dataclasses import replace

import pytest

from foreman_contract.enums import RunStatus
from foreman_engine.domain.errors import AlreadyDoneError, ConflictError, IdTakenError
from foreman_engine.domain.runs import end_run
from foreman_engine.service.ports import Ports, Writing
from tests.contract.states import Maker


def test_a_record_is_kept_with_its_run(ports: Ports, make: Maker) -> None:
    run = make.run()
    record = make.record("s", run.id)
    assert ports.keys.record(make.org_id, record.scope) is None
    ports.runs.create(run, record)
    assert ports.keys.record(make.org_id, record.scope) == record
    assert ports.keys.record(f"{make.org_id}x", record.scope) is None


def test_a_repeated_request_is_told_what_the_first_made(ports: Ports, make: Maker) -> None:
    first, second = make.run(), make.run()
    ports.runs.create(first, make.record("s", first.id))
    with pytest.raises(AlreadyDoneError) as raised:
        ports.runs.create(second, make.record("s", second.id))
    assert (raised.value.body_hash, raised.value.object_ids) == ("body", (first.id,))
    assert ports.runs.get(make.org_id, [second.id]) == {}


def test_a_record_is_looked_at_before_the_id(ports: Ports, make: Maker) -> None:
    run = make.run()
    ports.runs.create(run, make.record("s", run.id))
    with pytest.raises(AlreadyDoneError):
        ports.runs.create(run, make.record("s", run.id))
    with pytest.raises(IdTakenError):
        ports.runs.create(run, make.record("other", run.id))
    assert ports.keys.record(make.org_id, make.record("other").scope) is None


def test_a_record_of_tasks_is_looked_at_before_the_run(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.tasks(run, 2)
    record = make.record("tasks", *(task.id for task in tasks))
    ports.tasks.create(run, tasks, Writing(record))
    current = make.read_run(run.id)
    ports.runs.save(current, end_run(current, RunStatus.COMPLETED, 1))
    with pytest.raises(AlreadyDoneError) as raised:
        ports.tasks.create(run, tasks, Writing(record))
    assert raised.value.object_ids == (tasks[0].id, tasks[1].id)
    with pytest.raises(ConflictError):
        ports.tasks.create(run, make.tasks(run, 1), Writing(make.record("more")))
    assert ports.keys.record(make.org_id, make.record("more").scope) is None
    assert make.read_run(run.id).total_tasks == 2


def test_a_taken_task_id_leaves_no_record(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    with pytest.raises(IdTakenError):
        ports.tasks.create(make.read_run(task.run_id), [task], Writing(make.record("taken")))
    assert ports.keys.record(make.org_id, make.record("taken").scope) is None


def test_a_record_of_an_entry_is_looked_at_first(ports: Ports, make: Maker) -> None:
    entry = make.entry(make.stored_task())
    ports.run_data.add(entry, make.record("e", entry.id))
    with pytest.raises(AlreadyDoneError) as raised:
        ports.run_data.add(entry, make.record("e", "x"))
    assert raised.value.object_ids == (entry.id,)


def test_an_expired_record_counts_as_absent_and_is_written_over(ports: Ports, make: Maker) -> None:
    first, second = make.run(), make.run()
    expired = make.record("s", first.id, ttl_s=0)
    ports.runs.create(first, expired)
    assert ports.keys.record(make.org_id, expired.scope) is None
    record = replace(make.record("s", second.id), body_hash="another")
    ports.runs.create(second, record)
    assert ports.keys.record(make.org_id, record.scope) == record
