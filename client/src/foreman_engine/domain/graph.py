"""When dependencies let a task go on, and when they never will.

Nothing is remembered of dependencies that ended: whoever needs to know reads all of them, strongly. A task that ends has
committed its end before it looks at its dependants, so of any two that end at once, the later sees both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState, finish
from foreman_engine.domain.waits import with_wait


class Readiness(Enum):
    """What dependencies say of a task."""

    READY = auto()
    """It may start."""
    WAITING = auto()
    """It may become ready yet."""
    IMPOSSIBLE = auto()
    """Too few of them can still complete."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What dependencies say, and if it is impossible, by which of them: enough to prove it, the first to end first."""

    readiness: Readiness
    failures: tuple[TaskState, ...] = ()


def needed(task: TaskState) -> int:
    """How many of its dependencies must complete."""
    match task.fan_in:
        case None | "all":
            return len(task.depends_on)
        case "any":
            return min(1, len(task.depends_on))
        case at_least:
            return at_least


def judge(task: TaskState, dependencies: Mapping[str, TaskState], run: RunState) -> Verdict:
    """What its dependencies, as they are now, say of a task; one that is not there has not ended."""
    found = [dependencies[each] for each in task.depends_on if each in dependencies]
    done = sum(_lets_go_on(each, run) for each in found)
    if done >= needed(task):
        return Verdict(Readiness.READY)
    failures = sorted(
        (each for each in found if _is_final(each, run) and not _lets_go_on(each, run)),
        key=lambda each: (each.completed_at or 0, each.id),
    )
    proof = len(task.depends_on) - needed(task) + 1
    if len(failures) < proof:
        return Verdict(Readiness.WAITING)
    return Verdict(Readiness.IMPOSSIBLE, tuple(failures[:proof]))


def held_up(task: TaskState, some: Sequence[TaskState], run: RunState) -> bool:
    """Whether these of its dependencies, whatever the others say, keep the task from being ready now."""
    return sum(not _lets_go_on(each, run) for each in some) > len(task.depends_on) - needed(task)


def _is_final(task: TaskState, run: RunState) -> bool:
    """Whether the task has ended and no retry of the run that is under way is about to put it back.

    The retry goes on when the run is ended meanwhile, and stops only when it is cancelled.
    """
    to_be_put_back = run.hold and run.status is not RunStatus.CANCELLED and task.epoch != run.epoch
    return task.ended and (task.status is TaskStatus.COMPLETED or not to_be_put_back)


def _lets_go_on(task: TaskState, run: RunState) -> bool:
    if task.status is TaskStatus.COMPLETED:
        return True
    return task.status is TaskStatus.FAILED and task.allow_failure and _is_final(task, run)


def released(task: TaskState, now: int) -> TaskState:
    """A task that waited for others, ready to be claimed; by the sweep's message if it waits for its time as well, for long."""
    queued = task.queued_at if task.queued_at is not None else now
    return with_wait(replace(task, status=TaskStatus.QUEUED, queued_at=queued, updated_at=now), now)


def cancelled_for(task: TaskState, failures: tuple[TaskState, ...], now: int) -> TaskState:
    """A task that can never start, cancelled; its error names the first task that failed."""
    first = failures[0]
    cause = first.cause_id or first.id
    text = f"The task can never start: {cause}, on which it depends, {_fate(first)}."
    error = Payload(compact({"code": "dependency_failed", "message": text, "taskId": cause}))
    return replace(finish(task, TaskStatus.CANCELLED, now), error_data=error, cause_id=cause, hinted=True)


def _fate(task: TaskState) -> str:
    if task.cause_id:
        return "failed or was cancelled"
    return "failed" if task.status is TaskStatus.FAILED else "was cancelled"
