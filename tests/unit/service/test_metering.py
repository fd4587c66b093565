"""Writes that happened are counted, once; writes that did not are not."""

from dataclasses import replace

import pytest

from foreman_contract.enums import TaskStatus
from foreman_contract.runs import CreateRun
from foreman_contract.tasks import CreateTask
from foreman_engine.domain.errors import ConflictError, StaleError
from foreman_engine.domain.measures import Measures
from foreman_engine.domain.tasks import Change, finish
from foreman_engine.memory.build import MemoryPorts, memory_ports
from foreman_engine.memory.meter import MemoryMeter
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.idempotency import idempotency_key
from foreman_engine.service.metering import metered
from foreman_engine.service.runs import cancel_run, create_run

ORG = "acme"


@pytest.fixture
def meter() -> MemoryMeter:
    return MemoryMeter()


@pytest.fixture
def ports(meter: MemoryMeter) -> MemoryPorts:
    return metered(memory_ports(), meter)


def made(ports: MemoryPorts, count: int = 1, key: str = "k") -> list[str]:
    """The ids of so many new tasks of a new run."""
    run = create_run(ports, ORG, CreateRun.model_validate({"inputData": None})).run
    return more(ports, run.id, count, key)


def more(ports: MemoryPorts, run_id: str, count: int, key: str) -> list[str]:
    body = CreateTask.model_validate({"runId": run_id, "type": "t", "inputData": None, "enqueue": True})
    created = create_tasks(ports, ORG, [body] * count, idempotency_key("POST", "/", key, b""))
    return [task.id for task in created.tasks]


def test_a_replayed_create_counts_once(ports: MemoryPorts, meter: MemoryMeter) -> None:
    ids = made(ports, 3)
    run_id = ports.tasks.get(ORG, ids)[ids[0]].run_id
    assert more(ports, run_id, 3, "k") == ids
    assert meter.total == Measures(tasks_created=3)


def test_a_refused_create_counts_nothing(ports: MemoryPorts, meter: MemoryMeter) -> None:
    run = create_run(ports, ORG, CreateRun.model_validate({"inputData": None})).run
    cancel_run(ports, ORG, run.id)
    with pytest.raises(ConflictError):
        more(ports, run.id, 1, "k")
    assert meter.total == Measures()


def test_a_save_that_lost_counts_nothing(ports: MemoryPorts, meter: MemoryMeter) -> None:
    ids = made(ports, 2)
    first, second = (ports.tasks.get(ORG, ids)[each] for each in ids)
    end = Change(first, finish(first, TaskStatus.COMPLETED, 1))
    ports.tasks.save([end])
    with pytest.raises(StaleError):
        ports.tasks.save([end, Change(second, finish(second, TaskStatus.FAILED, 1))])
    assert meter.total == Measures(tasks_created=2, tasks_completed=1)


def test_of_saves_for_themselves_those_count_that_were_written(
    ports: MemoryPorts, meter: MemoryMeter
) -> None:
    ids = made(ports, 2)
    first, second = (ports.tasks.get(ORG, ids)[each] for each in ids)
    stale = Change(replace(first, rev=7), replace(first, dead_letters=1))
    assert ports.tasks.save_each([stale, Change(second, replace(second, dead_letters=1))])[0] is None
    assert meter.total == Measures(tasks_created=2, dead_letters_revived=1)
