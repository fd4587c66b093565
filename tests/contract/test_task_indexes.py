"""The indexes over tasks: what every implementation of TaskStore does."""

from dataclasses import replace

import pytest

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.tasks import Change, TaskState, finish
from foreman_engine.service.indexes import IndexRow, TaskIndex
from foreman_engine.service.ports import Ports, Position
from tests.contract.backends import ON_TABLES
from tests.contract.states import Maker

pytestmark = ON_TABLES


@pytest.fixture
def many(make: Maker) -> list[TaskState]:
    """Tasks of three runs, two by two in the same millisecond; some have ended."""
    tasks: list[TaskState] = []
    for number in range(3):
        for task in make.stored_tasks(make.stored_run(), 7, created_at=1000 + number // 2):
            end = (TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.COMPLETED, None)[len(tasks) % 4]
            change = Change(task, finish(task, end, 2000) if end else replace(task, attempt=1))
            tasks += make.ports.tasks.save([change])
    return tasks


def listed(tasks: list[TaskState], index: TaskIndex, *, ascending: bool) -> list[IndexRow]:
    """The rows that an index must have, by a plain sort."""
    rows = [IndexRow(task.created_at, task.id) for task in tasks if index.status in (None, task.status)]
    return sorted(rows, key=lambda row: (row.at, row.id), reverse=not ascending)


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 4, 50])
@pytest.mark.parametrize("status", [None, TaskStatus.FAILED, TaskStatus.CANCELLED])
def test_an_index_is_walked_once_in_order(
    ports: Ports, make: Maker, many: list[TaskState], status: TaskStatus | None, limit: int, ascending: bool
) -> None:
    index = TaskIndex(status)
    seen: list[IndexRow] = []
    position = None
    while True:
        page = ports.tasks.rows(make.org_id, index, limit, position, ascending=ascending)
        seen += page
        if len(page) < limit:
            break
        position = Position(seen[-1].at, seen[-1].id)
    assert seen == listed(many, index, ascending=ascending)
    assert ports.tasks.count(make.org_id, status, 100) == len(seen)
    assert list(ports.tasks.rows(f"{make.org_id}x", index, limit, None, ascending=ascending)) == []
    assert ports.tasks.count(f"{make.org_id}x", status, 100) == 0


@pytest.mark.parametrize("ascending", [False, True])
def test_the_children_of_a_task_are_listed_in_the_order_of_creation(
    ports: Ports, make: Maker, ascending: bool
) -> None:
    run = make.stored_run()
    parent, other = make.stored_tasks(run, 2)
    children = make.stored_tasks(run, 5, parent_task_id=parent.id)
    make.stored_tasks(run, 2, parent_task_id=other.id)
    ids = [child.id for child in children] if ascending else [child.id for child in children][::-1]
    index = TaskIndex(parent_id=parent.id)
    first = ports.tasks.rows(make.org_id, index, 3, None, ascending=ascending)
    behind = Position(first[-1].at, first[-1].id)
    rest = ports.tasks.rows(make.org_id, index, 9, behind, ascending=ascending)
    assert [row.id for row in (*first, *rest)] == ids
    assert list(ports.tasks.rows(make.org_id, TaskIndex(parent_id=run.id), 5, None, ascending=True)) == []


def test_a_task_that_is_put_back_leaves_the_index_of_its_end(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    [failed] = ports.tasks.save([Change(task, finish(task, TaskStatus.FAILED, 9))])
    assert ports.tasks.count(make.org_id, TaskStatus.FAILED, 9) == 1
    ports.tasks.save([Change(failed, replace(failed, status=TaskStatus.QUEUED))])
    assert ports.tasks.count(make.org_id, TaskStatus.FAILED, 9) == 0
