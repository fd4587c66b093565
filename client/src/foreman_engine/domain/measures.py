"""What a change of tasks means to whoever watches: counts of what happened, and how long claimed tasks had waited.

Every change of a task is a creation or a `Change`, so these are exact however a change came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.attempts import worker_lost
from foreman_engine.domain.tasks import Change, TaskState


@dataclass(frozen=True, slots=True)
class Measures:
    """What happened to tasks. They add up."""

    tasks_created: int = 0
    tasks_claimed: int = 0
    """Attempts that began under a lease; a PATCH to `running` is none."""
    tasks_completed: int = 0
    tasks_failed: int = 0
    """Ended as `failed`; a failure that is retried is no end."""
    tasks_cancelled: int = 0
    tasks_retried: int = 0
    """Sent round again: a retry was used up, or an ended task was put back."""
    tasks_lost: int = 0
    """Attempts whose lease ran out, found by the claim that came next."""
    dead_letters_revived: int = 0
    """Messages found among the dead letters and sent afresh."""
    due_sent: int = 0
    """Messages that the sweep sent ahead of their instant."""
    queue_to_start_ms: tuple[int, ...] = ()
    """For each task claimed off its queue: from when it was put there, or was due if that is later, to the claim."""

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def of_creation(tasks: Sequence[TaskState]) -> Measures:
    """What the creation of tasks means."""
    return Measures(tasks_created=len(tasks))


def of_changes(changes: Sequence[Change]) -> Measures:
    """What changes that were written mean together."""
    return sum((_of_change(change.before, change.after) for change in changes), Measures())


def _of_change(before: TaskState, after: TaskState) -> Measures:
    claimed = after.lease_until is not None and after.attempt > before.attempt
    return Measures(
        tasks_claimed=int(claimed),
        tasks_completed=_ended(before, after, TaskStatus.COMPLETED),
        tasks_failed=_ended(before, after, TaskStatus.FAILED),
        tasks_cancelled=_ended(before, after, TaskStatus.CANCELLED),
        tasks_retried=int(after.retry_count > before.retry_count or (before.ended and not after.ended)),
        tasks_lost=int(_is_lost(before, after)),
        dead_letters_revived=max(0, after.dead_letters - before.dead_letters),
        due_sent=int(before.due_at is not None and after.due_at is None and before.status is after.status),
        queue_to_start_ms=_waited(before, after) if claimed else (),
    )


def _ended(before: TaskState, after: TaskState, status: TaskStatus) -> int:
    return int(after.status is status and before.status is not status)


def _is_lost(before: TaskState, after: TaskState) -> bool:
    if before.status is not TaskStatus.RUNNING or before.lease_until is None:
        return False
    if after.status is TaskStatus.RUNNING:
        return after.lease_until is not None and after.attempt > before.attempt
    return after.status is TaskStatus.FAILED and after.error_data == worker_lost(before.attempt)


def _waited(before: TaskState, after: TaskState) -> tuple[int, ...]:
    """How long it lay on its queue; nothing for a lost attempt, or a task that was claimed before it was queued."""
    if before.queued_at is None or before.status is TaskStatus.RUNNING:
        return ()
    # `queued_at` is the first time. What was released or put back lies there since it was last updated.
    since = max(before.queued_at, before.updated_at, before.available_at or 0)
    return (max(0, after.updated_at - since),)
