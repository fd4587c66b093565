"""The due-index: every task with a wait is found in one shard, earliest first, and no other task is."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from foreman_contract.enums import TaskStatus
from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE
from foreman_contract.tasks import CreateTask
from foreman_engine.domain.errors import StaleError
from foreman_engine.domain.tasks import Change, TaskState, finish
from foreman_engine.domain.waits import MAX_DELAY_MS
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.ports import DUE_SHARDS, DueTask, Ports
from foreman_engine.service.sweep import sweep
from tests.contract.backends import Backend
from tests.contract.states import Maker

NEVER = 10**14
"""After everything that these tests wait for."""
LATER = 10**13


@pytest.fixture
def waiting(make: Maker) -> list[TaskState]:
    """Sixty tasks, due in the reverse of their order, a second apart."""
    tasks = make.stored_tasks(make.stored_run(), 60)
    changes = [Change(task, replace(task, due_at=LATER - number * 1000)) for number, task in enumerate(tasks)]
    return [task for start in (0, 25, 50) for task in make.ports.tasks.save(changes[start : start + 25])]


def due(make: Maker, until_ms: int) -> list[DueTask]:
    """What the shards know of this organization."""
    found = (make.ports.tasks.due(shard, until_ms, 1000) for shard in range(DUE_SHARDS))
    return in_order(task for part in found for task in part if task.org_id == make.org_id)


def named(tasks: list[TaskState]) -> list[DueTask]:
    return in_order(DueTask(task.org_id, task.id, task.due_at or 0) for task in tasks)


def in_order(tasks: Iterable[DueTask]) -> list[DueTask]:
    return sorted(tasks, key=lambda each: (each.due_at, each.task_id))


def test_every_wait_is_found_once_and_in_order(ports: Ports, make: Maker, waiting: list[TaskState]) -> None:
    parts = [
        [task for task in ports.tasks.due(shard, NEVER, 1000) if task.org_id == make.org_id]
        for shard in range(DUE_SHARDS)
    ]
    assert all(parts)
    assert all(part == in_order(part) for part in parts)
    assert in_order(task for part in parts for task in part) == named(waiting)


def test_only_what_is_due_by_then(make: Maker, waiting: list[TaskState]) -> None:
    assert {each.due_at for each in due(make, LATER - 58_000)} == {LATER - 59_000, LATER - 58_000}
    assert [each.due_at for each in due(make, LATER - 58_001)] == [LATER - 59_000]
    assert due(make, LATER - 59_001) == []


def test_a_limit_takes_the_earliest(ports: Ports, make: Maker, waiting: list[TaskState]) -> None:
    early = [Change(task, replace(task, due_at=number)) for number, task in enumerate(waiting[:25])]
    ports.tasks.save(early)
    for shard in range(DUE_SHARDS):
        every = ports.tasks.due(shard, 24, 1000)
        assert ports.tasks.due(shard, 24, 2) == every[:2]
        assert ports.tasks.due(shard, NEVER, len(every)) == every
    assert len(due(make, 24)) == 25
    ports.tasks.save([Change(make.read_task(each.before.id), each.before) for each in early])


def test_a_task_without_a_wait_is_in_no_index(ports: Ports, make: Maker) -> None:
    task = make.stored_task(available_at=5)
    [task] = ports.tasks.save([Change(task, replace(task, attempt=1))])
    ports.tasks.save([Change(task, finish(task, TaskStatus.FAILED, 9))])
    assert due(make, NEVER) == []


def test_a_wait_that_is_over_leaves_the_index(ports: Ports, make: Maker) -> None:
    tasks = make.stored_tasks(make.stored_run(), 2, due_at=LATER)
    assert due(make, NEVER) == named(tasks)
    ports.tasks.save([Change(tasks[0], replace(tasks[0], due_at=None))])
    assert due(make, NEVER) == named(tasks[1:])
    ports.tasks.save([Change(tasks[1], finish(tasks[1], TaskStatus.CANCELLED, 9))])
    assert due(make, NEVER) == []
    assert make.read_task(tasks[0].id) == replace(tasks[0], due_at=None, rev=1)


def test_a_wait_that_moves_is_found_at_its_new_instant_only(ports: Ports, make: Maker) -> None:
    task = make.stored_task(due_at=LATER)
    [task] = ports.tasks.save([Change(task, replace(task, due_at=LATER + 5))])
    assert due(make, LATER) == []
    [task] = ports.tasks.save([Change(task, replace(task, dead_letters=1))])
    assert due(make, NEVER) == named([task])


def test_a_refused_save_leaves_the_index_as_it_was(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    ports.tasks.save([Change(task, replace(task, attempt=1))])
    with pytest.raises(StaleError):
        ports.tasks.save([Change(task, replace(task, due_at=LATER))])
    assert due(make, NEVER) == []


def test_a_task_to_start_later_is_in_the_index_until_the_sweep_has_sent_it(
    backend: Backend, ports: Ports, make: Maker
) -> None:
    run, begun_at = make.stored_run(), ports.clock.now_ms()
    new = [
        CreateTask(run_id=run.id, type="t", input_data=1, enqueue=True, available_at=begun_at + wait_ms)
        for wait_ms in (2500, MAX_DELAY_MS + 3000, 2 * MAX_DELAY_MS)
    ]
    soon, later, last = (task.id for task in create_tasks(ports, make.org_id, new).tasks)
    assert [each.task_id for each in due(make, NEVER)] == [later, last]
    url = ports.messages.resolve(make.org_id, DEFAULT_TASK_QUEUE, DEFAULT_RESULT_QUEUE).task_queue_url
    assert backend.consumer.receive(url) == []
    backend.consumer.wait(max(0, begun_at + 3600 - ports.clock.now_ms()) / 1000)
    assert [json.loads(each.body)["taskId"] for each in backend.consumer.receive(url)] == [soon]
    sweep(ports)
    assert [each.task_id for each in due(make, NEVER)] == [last]
    assert backend.consumer.receive(url) == []
    assert [make.read_task(each).available_at for each in (soon, later)] == [
        new[0].available_at,
        new[1].available_at,
    ]
