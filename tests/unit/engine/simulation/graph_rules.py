"""What dependencies allow, told from the contract and not from the engine's `graph`.

Promised of a task that waits: it is queued or started only if, at some moment since it began to wait, its dependencies allowed it.
(One that completed may be retried alone a moment later: what it released stays released.) It is cancelled only if they make it
impossible at that very moment.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.memory.state import MemoryState

_ENDED = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


class Says(Enum):
    """What dependencies say."""

    GO = auto()
    WAIT = auto()
    NEVER = auto()


@dataclass
class GraphRules:
    """`going_back` are tasks whose failure says nothing, because a retry of their run is about to put them back."""

    state: MemoryState
    going_back: set[str] = field(default_factory=set)
    _allowed: set[str] = field(default_factory=set)
    """Waiting tasks that were allowed to go on at some moment since they began to wait."""
    _ever_good: set[str] = field(default_factory=set)
    """Tasks that at some moment let those behind them go on."""
    went_on: Counter[str] = field(default_factory=Counter)
    """How often a task that waited was queued or started."""

    def says(self, task: TaskState) -> Says:
        """What the dependencies say now."""
        good = sum(self._is_good(each) for each in self._dependencies(task))
        bad = len(self._bad(task))
        wanted = task.fan_in if isinstance(task.fan_in, int) else None
        if wanted is None:
            wanted = 1 if task.fan_in == "any" else len(task.depends_on)
        if good >= wanted:
            return Says.GO
        return Says.NEVER if len(task.depends_on) - bad < wanted else Says.WAIT

    def _dependencies(self, task: TaskState) -> list[TaskState]:
        return [self.state.tasks[task.org_id, each] for each in task.depends_on]

    def _is_good(self, task: TaskState) -> bool:
        tolerated = task.status is TaskStatus.FAILED and task.allow_failure
        return task.status is TaskStatus.COMPLETED or (tolerated and task.id not in self.going_back)

    def _bad(self, task: TaskState) -> list[TaskState]:
        return [
            each
            for each in self._dependencies(task)
            if each.status in _ENDED and not self._is_good(each) and each.id not in self.going_back
        ]

    def see_new(self, task: TaskState) -> None:
        """A task was created."""
        assert all((task.org_id, each) in self.state.tasks for each in task.depends_on)
        if not task.depends_on:
            assert task.status is (TaskStatus.QUEUED if task.enqueue else TaskStatus.PENDING)
        elif task.status is not TaskStatus.PENDING:
            assert (task.status, task.enqueue) == (TaskStatus.QUEUED, True)
            good = sum(each in self._ever_good for each in task.depends_on)
            assert self.says(task) is Says.GO or good, "created as ready, and never was"

    def see_release(self, task: TaskState) -> None:
        """A task that waited is queued, or starts."""
        assert task.id in self._allowed, f"goes on before its dependencies allow it: {task}"
        self.went_on[task.id] += 1

    def see_cancel(self, before: TaskState, loaded: TaskState) -> None:
        """A task that waited is cancelled because of what it depends on."""
        assert self.says(before) is Says.NEVER, f"cancelled though it might have started: {before}"
        assert loaded.error_data is not None
        said = loaded.error_data.value()
        assert said["code"] == "dependency_failed"
        assert said["taskId"] in map(self._cause, self._bad(before)), "names what is no cause"

    def _cause(self, failed: TaskState) -> str:
        """A failure itself, or what it was cancelled for."""
        error = self.state.payloads.load(failed).error_data
        value = error.value() if error is not None else None
        return str(value["taskId"]) if isinstance(value, dict) and "taskId" in value else failed.id

    def see_back(self, task: TaskState) -> None:
        """An ended task was put back."""
        self.going_back.discard(task.id)
        self._allowed.discard(task.id)

    def see_run(self, before: RunState, after: RunState, tasks: Iterable[TaskState]) -> None:
        """A retry begins, is overtaken by a cancel, or is done."""
        ids = {task.id for task in tasks}
        if before.ended and not after.ended:
            failed = (TaskStatus.FAILED, TaskStatus.CANCELLED)
            self.going_back |= {task.id for task in tasks if task.status in failed}
        if after.status is RunStatus.CANCELLED:
            self.going_back -= ids
        assert after.hold or not self.going_back & ids, "a retry of the run passed a task over"

    def look(self) -> None:
        """Note what is allowed now."""
        for task in self.state.tasks.values():
            if self._is_good(task):
                self._ever_good.add(task.id)
            if task.waits and task.id not in self._allowed and self.says(task) is Says.GO:
                self._allowed.add(task.id)

    def check_rest(self) -> None:
        """Whoever still waits, waits for a task that its caller has not ended; nobody's word is missing."""
        for task in self.state.tasks.values():
            run = self.state.runs[task.org_id, run_address(task.run_id) or ""]
            if task.status is TaskStatus.PENDING and task.depends_on and not run.ended:
                said = self.says(task)
                assert said is Says.WAIT or (said is Says.GO and not task.enqueue), f"forgotten: {task}"
