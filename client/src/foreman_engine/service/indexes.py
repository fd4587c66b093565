"""The orders in which runs and tasks of an organization can be listed without reading more than the page."""

from dataclasses import dataclass

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.pages import RunSort


@dataclass(frozen=True, slots=True)
class RunIndex:
    """An organization's runs by one of their times; by creation also those of one status alone."""

    sort: RunSort = "created_at"
    status: RunStatus | None = None


@dataclass(frozen=True, slots=True)
class TaskIndex:
    """Tasks by creation: all of an organization, its failed or cancelled ones alone, or the children of a task."""

    status: TaskStatus | None = None
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A run or task in its place: its time in the index's order (epoch ms), and its id, which breaks ties.

    `status` is told where an index of runs by another time than creation knows it.
    """

    at: int
    id: str
    status: RunStatus | None = None
