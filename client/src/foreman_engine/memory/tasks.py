"""Tasks in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.errors import ConflictError, IdTakenError, NotFoundError, StaleError
from foreman_engine.domain.ids import created_ms, run_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, Counts, TaskState, ends_in
from foreman_engine.memory.pages import page_of
from foreman_engine.memory.state import MemoryState, due_shard
from foreman_engine.service.indexes import IndexRow, TaskIndex
from foreman_engine.service.ports import (
    ALONE,
    DependantPage,
    DueTask,
    Position,
    RunGuard,
    TaskPage,
    Writing,
)


class MemoryTaskStore:
    """TaskStore."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def create(self, run: RunState, tasks: Sequence[TaskState], writing: Writing = ALONE) -> None:
        """Write new tasks (rev 0) and raise the run's `total_tasks`, or write the run."""
        with self._state.lock:
            self._state.refuse_done(run.org_id, writing.record)
            current = self._new_run(run) if writing.new_run else self._open_run(run)
            if any((task.org_id, task.id) in self._state.tasks for task in tasks):
                raise IdTakenError(run.id)
            if writing.fired is not None:
                self._state.change_schedule(writing.fired)
            self._tell_dependencies(writing.dependencies)
            total = run.total_tasks if writing.new_run else current.total_tasks + len(tasks)
            self._state.runs[run.org_id, run_address(run.id) or ""] = replace(current, total_tasks=total)
            for task in tasks:
                self._state.tasks[task.org_id, task.id] = self._state.payloads.shelve(task)
            self._state.keep(run.org_id, writing.record)

    def _new_run(self, run: RunState) -> RunState:
        if (run.org_id, run_address(run.id) or "") in self._state.runs:
            raise IdTakenError(run.id)
        return replace(self._state.payloads.shelve(run), counts=Counts())

    def _open_run(self, run: RunState) -> RunState:
        current = self._state.run(run.org_id, run.id)
        if current is None:
            raise NotFoundError("There is no such run.")
        if current.ended:
            raise ConflictError(f"The run has ended ({current.status}).")
        if current.epoch != run.epoch:
            raise StaleError([run.id])
        return current

    def _tell_dependencies(self, dependencies: Sequence[TaskState]) -> None:
        current = [self._state.tasks[task.org_id, task.id] for task in dependencies]
        pairs = zip(dependencies, current, strict=True)
        moved = [now.id for read, now in pairs if (now.rev != read.rev if read.ended else now.ended)]
        if moved:
            raise StaleError(moved)
        for task in current:
            if not task.has_dependants:
                marked = replace(task, has_dependants=True, rev=task.rev + 1)
                self._state.tasks[task.org_id, task.id] = marked

    def get(self, org_id: str, task_ids: Sequence[str]) -> Mapping[str, TaskState]:
        """The tasks that exist; large payloads are unloaded."""
        with self._state.lock:
            found = ((task_id, self._state.tasks.get((org_id, task_id))) for task_id in task_ids)
            return {task_id: task for task_id, task in found if task is not None}

    def load(self, tasks: Sequence[TaskState]) -> list[TaskState]:
        """The same tasks with every payload's text."""
        with self._state.lock:
            return [self._state.payloads.load(task) for task in tasks]

    def save(
        self,
        changes: Sequence[Change],
        guard: RunGuard | None = None,
        unchanged: Sequence[TaskState] = (),
    ) -> list[TaskState]:
        """Write every change, and the ends on the run's counters, if each `rev` and the guarded run are as they were."""
        with self._state.lock:
            asserted = [*(change.before for change in changes), *unchanged]
            stale = [task.id for task in asserted if not self._is_current(task)]
            if guard is not None and not self._holds(guard):
                stale.append(guard.run.id)
            if stale:
                raise StaleError(stale)
            if guard is not None and guard.touch:
                self._touch(guard.run)
            saved = [self._write(change) for change in changes]
            if (ends := ends_in(changes)) != Counts():
                key = (changes[0].before.org_id, run_address(changes[0].before.run_id) or "")
                self._state.counts[key] = self._state.counts.get(key, Counts()) + ends
            return saved

    def _is_current(self, before: TaskState) -> bool:
        current = self._state.tasks.get((before.org_id, before.id))
        return current is not None and current.rev == before.rev

    def _holds(self, guard: RunGuard) -> bool:
        current, run = self._state.run(guard.run.org_id, guard.run.id), guard.run
        if current is None or (current.status, current.epoch) != (run.status, run.epoch):
            return False
        return current.rev == run.rev or not guard.touch

    def _touch(self, run: RunState) -> None:
        key = (run.org_id, run_address(run.id) or "")
        self._state.runs[key] = replace(self._state.runs[key], rev=run.rev + 1)

    def _write(self, change: Change) -> TaskState:
        current = self._state.tasks[change.before.org_id, change.before.id]
        stored = self._state.payloads.shelve(replace(change.after, rev=change.before.rev + 1), current)
        self._state.tasks[stored.org_id, stored.id] = stored
        return self._state.payloads.load(stored)

    def save_each(self, changes: Sequence[Change]) -> list[TaskState | None]:
        """Write every change whose `rev` is as it was."""
        with self._state.lock:
            return [self._write(change) if self._is_current(change.before) else None for change in changes]

    def dependants(self, org_id: str, task_id: str, limit: int, after_id: str | None) -> DependantPage:
        """Ids of tasks that name this one as a dependency."""
        with self._state.lock:
            ids = sorted(
                task.id
                for (org, _), task in self._state.tasks.items()
                if org == org_id and task_id in task.depends_on and (after_id is None or task.id > after_id)
            )
        return DependantPage(tuple(ids[:limit]), more=len(ids) > limit)

    def rows(
        self, org_id: str, index: TaskIndex, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        """Rows of an index behind `after`."""
        return page_of(self._rows(org_id, index), limit, after, ascending=ascending)

    def count(self, org_id: str, status: TaskStatus | None, at_most: int) -> int:
        """How many tasks an index has, counted no further than one over `at_most`."""
        return min(len(self._rows(org_id, TaskIndex(status))), at_most + 1)

    def _rows(self, org_id: str, index: TaskIndex) -> list[IndexRow]:
        with self._state.lock:
            tasks = [task for (org, _), task in self._state.tasks.items() if org == org_id]
        return [
            IndexRow(created_ms(task.id) if index.parent_id else task.created_at, task.id)
            for task in tasks
            if index.status in (None, task.status) and index.parent_id in (None, task.parent_task_id)
        ]

    def due(self, shard: int, until_ms: int, limit: int) -> list[DueTask]:
        """Tasks of one shard that are due by `until_ms`, earliest first; does not lag."""
        with self._state.lock:
            waiting = [
                DueTask(task.org_id, task.id, task.due_at)
                for task in self._state.tasks.values()
                if task.due_at is not None and task.due_at <= until_ms and due_shard(task.id) == shard
            ]
        return sorted(waiting, key=lambda each: (each.due_at, each.task_id))[:limit]

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> TaskPage:
        """The run's tasks in creation order (or the reverse), starting behind `after_id`."""
        with self._state.lock:
            rows = sorted(
                (
                    task
                    for (org, _), task in self._state.tasks.items()
                    if org == org_id and task.run_id == run_id
                ),
                key=lambda task: task.id,
                reverse=not ascending,
            )
        if after_id is not None:
            rows = [task for task in rows if (task.id > after_id if ascending else task.id < after_id)]
        return TaskPage(tuple(rows[:limit]), more=len(rows) > limit)
