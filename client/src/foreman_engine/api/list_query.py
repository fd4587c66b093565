"""What the query parameters of lists of runs and tasks ask for."""

from dataclasses import dataclass
from typing import Final, cast

from foreman_contract import limits
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.pages import RunSort
from foreman_engine.api.parameters import LIST, Choice, Id, Parameter, Text
from foreman_engine.api.query import Query, invalid
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.run_lists import RunsAsked
from foreman_engine.service.task_lists import TasksAsked


@dataclass(frozen=True, slots=True)
class _TaskFilters:
    """By what tasks are chosen; all of them must hold."""

    run_id: Id
    status: Choice
    type: Text
    parent_id: Id

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of them."""
        return (self.run_id, self.status, self.type, self.parent_id)


TASK_FILTERS: Final = _TaskFilters(
    run_id=Id("runId", "Only tasks of this run; without it, of all runs of the organization."),
    status=Choice("status", "Only tasks of this status.", tuple(TaskStatus), optional=True),
    type=Text("type", "Only tasks of this type.", limits.MAX_TYPE_CHARS),
    parent_id=Id("parentTaskId", "Only children of this task."),
)


def run_list(query: Query, status: Choice) -> tuple[RunsAsked, ListQuery]:
    """A list of runs, and its page.

    Raises:
        InvalidError: a parameter is malformed.
    """
    chosen = query.some(status)
    return RunsAsked(RunStatus(chosen) if chosen else None, _sort(query)), query.page(LIST)


def task_list(query: Query) -> tuple[TasksAsked, ListQuery]:
    """A list of tasks, and its page.

    Raises:
        InvalidError: a parameter is malformed.
    """
    status, kind = query.some(TASK_FILTERS.status), query.text(TASK_FILTERS.type)
    if kind is not None and not 1 <= len(kind) <= limits.MAX_TYPE_CHARS:
        raise invalid(TASK_FILTERS.type.name, f"must have 1-{limits.MAX_TYPE_CHARS} characters")
    asked = TasksAsked(
        run_id=query.uuid(TASK_FILTERS.run_id),
        status=TaskStatus(status) if status else None,
        type=kind,
        parent_id=query.uuid(TASK_FILTERS.parent_id),
        sort=_sort(query),
    )
    return asked, query.page(LIST)


def _sort(query: Query) -> RunSort:
    return cast(RunSort, query.choice(LIST.sort_by)) if LIST.sort_by else "created_at"
