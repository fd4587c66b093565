"""Lists of tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import TaskStatus
from foreman_contract.pages import TaskSort
from foreman_contract.tasks import TaskPage
from foreman_engine.domain.errors import Fault, InvalidError, QueryTooBroadError
from foreman_engine.domain.ids import run_address, task_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service import cursors
from foreman_engine.service.cursors import Mark, Total
from foreman_engine.service.indexes import IndexRow, TaskIndex
from foreman_engine.service.listing import Page, Source, page_of
from foreman_engine.service.pages import ListQuery, fit, pagination
from foreman_engine.service.ports import Ports, Position
from foreman_engine.service.runs import read_run
from foreman_engine.service.views import task_view

INDEXED: Final = (TaskStatus.FAILED, TaskStatus.CANCELLED)
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class TasksAsked:
    """Which tasks, and by which of their times; those without it are left out."""

    run_id: str | None = None
    status: TaskStatus | None = None
    type: str | None = None
    parent_id: str | None = None
    sort: TaskSort = "created_at"

    def matches(self, task: TaskState) -> bool:
        """Whether a task is one of them."""
        return (
            self.run_id in (None, task.run_id)
            and self.status in (None, task.status)
            and self.type in (None, task.type)
            and self.parent_id in (None, task.parent_task_id)
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """A task in its place; `task` is None until it is read."""

    place: Position
    task: TaskState | None = None


def list_tasks(ports: Ports, org_id: str, asked: TasksAsked, query: ListQuery) -> TaskPage:
    """A page of tasks: of a run or a parent strongly consistent, of the organization behind by a moment at most.

    Raises:
        NotFoundError: this organization has no such run.
        InvalidError: a sort by another time than creation without a run.
        InvalidCursorError: the cursor is broken or belongs to another query.
        QueryTooBroadError: such a sort in a run of more than 10,000 tasks.
    """
    run = read_run(ports, org_id, asked.run_id) if asked.run_id is not None else None
    scope = cursors.scope_of(
        org_id, "tasks", asked.run_id, asked.status, asked.type, asked.parent_id, asked.sort, query.ascending
    )
    mark = cursors.decode(scope, query.cursor) if query.cursor is not None else None
    if mark is not None and not _can_follow(asked, mark):
        raise cursors.broken()
    page = _page(ports, org_id, asked, run, query, mark)
    total = mark.total if mark is not None else page.total
    pairs = _read(ports, org_id, asked, page.rows)
    rows = fit([task for _, task in pairs], ports.tasks.load, lambda task: task_view(task, listed=True))
    tail = page.tail
    if len(rows) < len(pairs):
        last = pairs[len(rows) - 1][0].place
        tail = Mark(last.at, last.id)
    cursor = cursors.encode(scope, replace(tail, total=total)) if tail is not None else None
    return TaskPage(data=rows, pagination=pagination(query, total, next_cursor=cursor))


def _page(
    ports: Ports, org_id: str, asked: TasksAsked, run: RunState | None, query: ListQuery, mark: Mark | None
) -> Page[_Row]:
    if asked.sort != "created_at":
        return _sorted(ports, asked, run, query, mark)
    if asked.parent_id is not None:
        if not _has_children(asked.parent_id, run):
            return Page([], None, Total(0) if query.total else None)
        return page_of(_of_parent(ports, org_id, asked, asked.parent_id, query), query, mark)
    if run is not None:
        return page_of(_of_run(ports, asked, run, query), query, mark)
    status = asked.status if asked.status in INDEXED else None
    return page_of(_of_index(ports, org_id, asked, TaskIndex(status), query), query, mark)


def _has_children(parent_id: str, run: RunState | None) -> bool:
    """Whether children of such a task can be there: it must be an id of ours, in the run that is asked for."""
    address = task_address(parent_id)
    return address is not None and (run is None or address.run == run_address(run.id))


def _can_follow(asked: TasksAsked, mark: Mark) -> bool:
    """Whether a page can have ended at this mark: where one run is read, with a task of it."""
    address, parent = task_address(mark.id), task_address(asked.parent_id) if asked.parent_id else None
    if asked.run_id is None and parent is None:
        return True
    runs = [run_address(asked.run_id)] if asked.run_id is not None else []
    runs += [parent.run] if parent is not None else []
    return address is not None and all(address.run == run for run in runs)


def _of_run(ports: Ports, asked: TasksAsked, run: RunState, query: ListQuery) -> Source[_Row]:
    def read(limit: int, after: Position | None) -> Sequence[_Row]:
        page = ports.tasks.of_run(
            run.org_id, run.id, limit, after.id if after else None, ascending=query.ascending
        )
        return [_Row(Position(task.created_at, task.id), task) for task in page.tasks]

    filters = asked.status is not None or asked.type is not None
    return Source(
        read=read,
        place=lambda row: row.place,
        count=lambda _: run.total_tasks,
        matches=(lambda row: row.task is not None and asked.matches(row.task)) if filters else None,
    )


def _of_index(
    ports: Ports, org_id: str, asked: TasksAsked, index: TaskIndex, query: ListQuery
) -> Source[_Row]:
    filters = asked.type is not None or (asked.status is not None and index.status is None)

    def read(limit: int, after: Position | None) -> Sequence[_Row]:
        rows = ports.tasks.rows(org_id, index, limit, after, ascending=query.ascending)
        found = _states(ports, org_id, rows) if filters else {}
        return [_Row(Position(row.at, row.id), found.get(row.id)) for row in rows]

    return Source(
        read=read,
        place=lambda row: row.place,
        count=lambda at_most: ports.tasks.count(org_id, index.status, at_most),
        matches=(lambda row: row.task is not None and asked.matches(row.task)) if filters else None,
    )


def _of_parent(
    ports: Ports, org_id: str, asked: TasksAsked, parent_id: str, query: ListQuery
) -> Source[_Row]:
    """The children of a task. Each is read, because a child may be noted that was never created."""
    index = TaskIndex(parent_id=parent_id)

    def read(limit: int, after: Position | None) -> Sequence[_Row]:
        rows = ports.tasks.rows(org_id, index, limit, after, ascending=query.ascending)
        found = _states(ports, org_id, rows)
        return [_Row(Position(row.at, row.id), found.get(row.id)) for row in rows]

    return Source(
        read=read,
        place=lambda row: row.place,
        matches=lambda row: row.task is not None and asked.matches(row.task),
        dense=asked.status is None and asked.type is None,
    )


def _states(ports: Ports, org_id: str, rows: Sequence[IndexRow]) -> dict[str, TaskState]:
    found: dict[str, TaskState] = {}
    for start in range(0, len(rows), _BATCH):
        found |= ports.tasks.get(org_id, [row.id for row in rows[start : start + _BATCH]])
    return found


def _read(ports: Ports, org_id: str, asked: TasksAsked, rows: Sequence[_Row]) -> list[tuple[_Row, TaskState]]:
    """The tasks of some rows, as they are now; one that moved on since the index was written is not in this place any more."""
    unread = [row.place.id for row in rows if row.task is None]
    found = ports.tasks.get(org_id, unread) if unread else {}
    pairs = ((row, row.task or found.get(row.place.id)) for row in rows)
    return [(row, task) for row, task in pairs if task is not None and asked.matches(task)]


def _sorted(
    ports: Ports, asked: TasksAsked, run: RunState | None, query: ListQuery, mark: Mark | None
) -> Page[_Row]:
    """All tasks of a run, sorted by a time that no index knows."""
    if run is None:
        text = f"{asked.sort} needs runId"
        raise InvalidError(f"sortBy {text}.", [Fault("sortBy", text)])
    if run.total_tasks > limits.MAX_SORTED_MATCHES:
        text = f"{asked.sort} needs a run of at most {limits.MAX_SORTED_MATCHES} tasks; this one has {run.total_tasks}"
        raise QueryTooBroadError(f"sortBy {text}.", [Fault("sortBy", text)])
    matching = [task for task in _all(ports, run) if asked.matches(task)]
    times = ((getattr(task, asked.sort), task) for task in matching)
    rows = [_Row(Position(at, task.id), task) for at, task in times if at is not None]
    rows.sort(key=_instant, reverse=not query.ascending)
    total = Total(len(rows)) if query.total and mark is None else None
    if mark is not None:
        last = (mark.at, mark.id)
        rows = [row for row in rows if (_instant(row) > last if query.ascending else _instant(row) < last)]
    rows = rows[query.offset :]
    shown = rows[: query.limit]
    tail = Mark(shown[-1].place.at, shown[-1].place.id) if len(rows) > len(shown) else None
    return Page(shown, tail, total)


def _instant(row: _Row) -> tuple[int, str]:
    return row.place.at, row.place.id


def _all(ports: Ports, run: RunState) -> list[TaskState]:
    tasks: list[TaskState] = []
    while True:
        after_id = tasks[-1].id if tasks else None
        page = ports.tasks.of_run(run.org_id, run.id, limits.MAX_FILTERED_ROWS, after_id, ascending=True)
        tasks += page.tasks
        if not page.more:
            return tasks
