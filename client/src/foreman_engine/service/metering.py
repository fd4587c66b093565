"""A task store that tells a meter what its writes mean: the one place that every change of a task goes through."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.measures import Measures, of_changes, of_creation
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.service.indexes import IndexRow, TaskIndex
from foreman_engine.service.ports import (
    ALONE,
    DependantPage,
    DueTask,
    Ports,
    Position,
    RunGuard,
    TaskPage,
    TaskStore,
    Writing,
)

AnyPorts = TypeVar("AnyPorts", bound=Ports)


class Meter(Protocol):
    """Whoever wants to know what happens to tasks."""

    def count(self, measures: Measures) -> None:
        """Take note of what a write meant, after it succeeded. Must not raise."""


def metered(ports: AnyPorts, meter: Meter) -> AnyPorts:
    """The same ports, whose task store tells the meter."""
    return replace(ports, tasks=MeteredTaskStore(ports.tasks, meter))


class MeteredTaskStore:
    """TaskStore. A write that was refused, or that repeats one that was done, counts nothing."""

    def __init__(self, store: TaskStore, meter: Meter) -> None:
        self._store = store
        self._meter = meter

    def create(self, run: RunState, tasks: Sequence[TaskState], writing: Writing = ALONE) -> None:
        """Write new tasks, and count them."""
        self._store.create(run, tasks, writing)
        self._meter.count(of_creation(tasks))

    def save(
        self,
        changes: Sequence[Change],
        guard: RunGuard | None = None,
        unchanged: Sequence[TaskState] = (),
    ) -> list[TaskState]:
        """Write changes, and count what they mean."""
        saved = self._store.save(changes, guard, unchanged)
        self._meter.count(of_changes(changes))
        return saved

    def save_each(self, changes: Sequence[Change]) -> list[TaskState | None]:
        """Write changes, each for itself, and count what those mean that were written."""
        saved = self._store.save_each(changes)
        pairs = zip(changes, saved, strict=True)
        self._meter.count(of_changes([change for change, after in pairs if after is not None]))
        return saved

    def get(self, org_id: str, task_ids: Sequence[str]) -> Mapping[str, TaskState]:
        """The tasks that exist."""
        return self._store.get(org_id, task_ids)

    def load(self, tasks: Sequence[TaskState]) -> list[TaskState]:
        """The same tasks with every payload's text."""
        return self._store.load(tasks)

    def dependants(self, org_id: str, task_id: str, limit: int, after_id: str | None) -> DependantPage:
        """Ids of tasks that name this one as a dependency."""
        return self._store.dependants(org_id, task_id, limit, after_id)

    def rows(
        self, org_id: str, index: TaskIndex, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        """Rows of an index."""
        return self._store.rows(org_id, index, limit, after, ascending=ascending)

    def count(self, org_id: str, status: TaskStatus | None, at_most: int) -> int:
        """How many tasks an index has."""
        return self._store.count(org_id, status, at_most)

    def due(self, shard: int, until_ms: int, limit: int) -> list[DueTask]:
        """Tasks that are due."""
        return self._store.due(shard, until_ms, limit)

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> TaskPage:
        """The run's tasks in creation order, or the reverse."""
        return self._store.of_run(org_id, run_id, limit, after_id, ascending=ascending)
