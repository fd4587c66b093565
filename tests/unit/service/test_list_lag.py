"""Lists whose index lags behind: a run or task is never shown in a place that it has left."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.runs import CreateRun, PatchRun
from foreman_contract.tasks import CreateTask, PatchTask
from foreman_engine.domain.ids import make_run_id, make_task_id
from foreman_engine.memory.build import memory_ports
from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.pages import page_of
from foreman_engine.service import runs, tasks
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.indexes import IndexRow, RunIndex, TaskIndex
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports, Position
from foreman_engine.service.run_lists import RunsAsked, list_runs
from foreman_engine.service.task_lists import TasksAsked, list_tasks

ORG = "acme"


class Lagging:
    """A store that reads its indexes as they are when it is made, and everything else as it is."""

    def __init__(self, store: Any, *indexes: RunIndex | TaskIndex) -> None:
        self._store = store
        self._frozen = {each: [*store.rows(ORG, each, 1000, None, ascending=True)] for each in indexes}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def note(self, index: RunIndex | TaskIndex, row: IndexRow) -> None:
        self._frozen[index].append(row)

    def rows(
        self, org_id: str, index: Any, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        assert org_id == ORG
        return page_of(self._frozen[index], limit, after, ascending=ascending)


@pytest.fixture
def ports() -> Ports:
    return memory_ports(ManualClock())


def moved(ports: Ports, run_id: str, *statuses: RunStatus) -> None:
    clock = ports.clock
    assert isinstance(clock, ManualClock)
    for status in statuses:
        clock.advance(1)
        runs.update_run(ports, ORG, run_id, PatchRun(status=status))


def made(ports: Ports, count: int) -> list[str]:
    """Runs, a millisecond apart."""
    clock, run_ids = ports.clock, []
    assert isinstance(clock, ManualClock)
    for _ in range(count):
        clock.advance(1)
        run_ids.append(runs.create_run(ports, ORG, CreateRun(input_data=None)).run.id)
    return run_ids


def ids(ports: Ports, asked: RunsAsked | TasksAsked, limit: int = 100) -> list[str]:
    """Of every row, page by page, upwards."""
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = ListQuery(limit, cursor, ascending=True, total=False)
        if isinstance(asked, RunsAsked):
            run_page = list_runs(ports, ORG, asked, query)
            seen += [run.id for run in run_page.data]
            cursor = run_page.pagination.next_cursor
        else:
            task_page = list_tasks(ports, ORG, asked, query)
            seen += [task.id for task in task_page.data]
            cursor = task_page.pagination.next_cursor
        if cursor is None:
            return seen


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_run_that_moved_on_is_not_listed_by_its_old_status(ports: Ports, limit: int) -> None:
    index = RunIndex("created_at", RunStatus.PENDING)
    before = made(ports, 6)
    lagging = replace(ports, runs=Lagging(ports.runs, index))
    for run_id in (before[0], before[1], before[3], before[5]):
        moved(ports, run_id, RunStatus.RUNNING)
    assert ids(lagging, RunsAsked(RunStatus.PENDING), limit) == [before[2], before[4]]


@pytest.mark.parametrize("limit", [1, 100])
def test_a_run_that_moved_on_is_not_listed_by_an_old_time_or_a_status_told_with_it(
    ports: Ports, limit: int
) -> None:
    first, second = made(ports, 2)
    for run_id in (first, second):
        moved(ports, run_id, RunStatus.RUNNING, RunStatus.FAILED)
    indexes = RunIndex("started_at"), RunIndex("completed_at")
    lagging = replace(ports, runs=Lagging(ports.runs, *indexes))
    runs.retry_run(ports, ORG, first)
    assert ids(lagging, RunsAsked(None, "started_at"), limit) == [first, second]
    assert ids(lagging, RunsAsked(RunStatus.FAILED, "started_at"), limit) == [second]
    assert ids(lagging, RunsAsked(None, "completed_at"), limit) == [second]
    moved(ports, first, RunStatus.COMPLETED)
    assert ids(lagging, RunsAsked(None, "completed_at"), limit) == [second]
    assert ids(lagging, RunsAsked(RunStatus.FAILED, "completed_at"), limit) == [second]


@pytest.mark.parametrize("limit", [1, 100])
def test_a_task_that_is_put_back_is_not_listed_as_failed(ports: Ports, limit: int) -> None:
    [run_id] = made(ports, 1)
    request = CreateTask(run_id=run_id, type="t", input_data=1, enqueue=True)
    made_ids = [task.id for task in create_tasks(ports, ORG, [request] * 3).tasks]
    for task_id in made_ids:
        tasks.update_task(ports, ORG, task_id, PatchTask(status=TaskStatus.FAILED))
    lagging = replace(ports, tasks=Lagging(ports.tasks, TaskIndex(TaskStatus.FAILED)))
    tasks.retry_task(ports, ORG, made_ids[1])
    assert ids(lagging, TasksAsked(status=TaskStatus.FAILED), limit) == [made_ids[0], made_ids[2]]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_row_of_nothing_is_passed_over(ports: Ports, limit: int) -> None:
    [run_id] = made(ports, 1)
    request = CreateTask(run_id=run_id, type="t", input_data=1)
    [parent] = create_tasks(ports, ORG, [request]).tasks
    child_of = CreateTask(run_id=run_id, type="t", input_data=1, parent_task_id=parent.id)
    children = [task.id for task in create_tasks(ports, ORG, [child_of] * 3).tasks]
    of_runs, of_parent = RunIndex(), TaskIndex(parent_id=parent.id)
    run_store, task_store = Lagging(ports.runs, of_runs), Lagging(ports.tasks, of_parent)
    now = ports.clock.now_ms()
    run_store.note(of_runs, IndexRow(now - 1, make_run_id(now - 1, 0)))
    for sequence in (0, 1):
        task_store.note(of_parent, IndexRow(now, make_task_id(run_id, now, sequence)))
    lagging = replace(ports, runs=run_store, tasks=task_store)
    assert ids(lagging, RunsAsked(), limit) == [run_id]
    assert ids(lagging, TasksAsked(parent_id=parent.id), limit) == children
    asked = TasksAsked(parent_id=parent.id)
    page = list_tasks(lagging, ORG, asked, ListQuery(2, ascending=True, offset=1))
    assert [task.id for task in page.data] == children[1:3]
    assert (page.pagination.total, page.pagination.total_is_lower_bound) == (3, None)
