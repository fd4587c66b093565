"""Lists at their edges, on memory and on DynamoDB Local: children that were never made, and cursors that nobody was given."""

from collections.abc import Iterator

import pytest

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.errors import ConflictError, InvalidCursorError
from foreman_engine.domain.ids import make_task_id
from foreman_engine.domain.runs import RunState, end_run
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service import cursors
from foreman_engine.service.cursors import Mark
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_lists import RunsAsked, list_runs
from foreman_engine.service.task_lists import TasksAsked, list_tasks
from tests.contract.backends import ON_DYNAMODB
from tests.contract.states import Maker

pytestmark = ON_DYNAMODB

LAST_MS = (1 << 48) - 1


def kin(make: Maker) -> tuple[RunState, TaskState, list[TaskState]]:
    run = make.stored_run()
    parent = make.stored_tasks(run, 1)[0]
    return run, parent, make.stored_tasks(run, 5, parent_task_id=parent.id)


def test_children_that_were_refused_are_neither_listed_nor_counted_nor_passed_over(
    ports: Ports, make: Maker
) -> None:
    run, parent, children = kin(make)
    current = make.read_run(run.id)
    ports.runs.save(current, end_run(current, RunStatus.COMPLETED, current.created_at))
    with pytest.raises(ConflictError):
        make.stored_tasks(run, 3, parent_task_id=parent.id)
    asked = TasksAsked(parent_id=parent.id)
    page = list_tasks(ports, make.org_id, asked, ListQuery(2, offset=3))
    assert [task.id for task in page.data] == [children[1].id, children[0].id]
    assert (page.pagination.total, page.pagination.total_is_lower_bound) == (5, None)
    assert page.pagination.next_cursor is None


def ids(own: str, run: RunState, other: RunState) -> Iterator[str]:
    """Ids that a row of a list can have, and cannot."""
    yield from (own, own.upper(), run.id, other.id, "ffffffff-ffff-ffff-ffff-ffffffffffff")
    yield make_task_id(other.id, other.created_at, 0)
    yield make_task_id(run.id, run.created_at, 0, shard=7)
    yield make_task_id(run.id, LAST_MS, 0)


def test_a_cursor_with_any_instant_and_id_is_a_place_or_refused(ports: Ports, make: Maker) -> None:
    run, parent, children = kin(make)
    other = make.stored_run()
    lists = [
        TasksAsked(),
        TasksAsked(status=TaskStatus.FAILED),
        TasksAsked(status=TaskStatus.QUEUED),
        TasksAsked(run.id),
        TasksAsked(run.id, type="t"),
        TasksAsked(run.id, sort="completed_at"),
        TasksAsked(parent_id=parent.id),
        TasksAsked(run.id, parent_id=parent.id, status=TaskStatus.QUEUED),
    ]
    for asked in lists:
        scope = cursors.scope_of(
            make.org_id, "tasks", asked.run_id, asked.status, asked.type, asked.parent_id, asked.sort, False
        )
        for at in (0, run.created_at, LAST_MS):
            for uid in ids(children[2].id, run, other):
                query = ListQuery(2, cursors.encode(scope, Mark(at, uid, skip=1)))
                try:
                    page = list_tasks(ports, make.org_id, asked, query)
                except InvalidCursorError:
                    assert uid != children[2].id
                else:
                    assert {task.id for task in page.data} <= {parent.id, *(child.id for child in children)}


def test_a_cursor_of_runs_with_any_instant_and_id_is_a_place(ports: Ports, make: Maker) -> None:
    run, _, children = kin(make)
    for asked in (RunsAsked(), RunsAsked(RunStatus.RUNNING), RunsAsked(None, "started_at")):
        scope = cursors.scope_of(make.org_id, "runs", asked.status, asked.sort, False)
        for at in (0, run.created_at, LAST_MS):
            for uid in ids(children[2].id, run, run):
                query = ListQuery(2, cursors.encode(scope, Mark(at, uid)))
                assert len(list_runs(ports, make.org_id, asked, query).data) <= 1
