"""A task's state, and the steps that every change of it is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from foreman_contract.enums import Priority, TaskStatus
from foreman_contract.service import DEFAULT_TASK_QUEUE
from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.retry import RetryPolicy
from foreman_engine.domain.transitions import ENDED_TASK

FanIn: TypeAlias = Literal["all", "any"] | int
"""How many dependencies must complete: all, one, or at least so many."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """Everything stored of a task. Instants are epoch milliseconds; `rev` counts writes and is what every write asserts."""

    id: str
    run_id: str
    org_id: str
    type: str
    status: TaskStatus
    input_data: Payload
    created_at: int
    updated_at: int
    parent_task_id: str | None = None
    depends_on: tuple[str, ...] = ()
    """Ids of tasks of the same run, distinct, in the caller's order."""
    fan_in: FanIn | None = None
    """How many of them must complete; None: all."""
    allow_failure: bool = False
    """Its failure lets dependants go on, and does not make the run fail."""
    has_dependants: bool = False
    """Whether an end of it must look for tasks that depend on it. Setting it raises `rev`, so that no end overlooks it."""
    cause_id: str | None = None
    """The first task that failed or was cancelled of those that this one was cancelled for."""
    output_data: Payload | None = None
    error_data: Payload | None = None
    metadata: Payload | None = None
    progress: Payload | None = None
    enqueue: bool = False
    queue: str = DEFAULT_TASK_QUEUE
    priority: Priority = Priority.NORMAL
    retry_count: int = 0
    max_retries: int = 3
    retry_policy: RetryPolicy | None = None
    timeout_s: int | None = None
    available_at: int | None = None
    """No attempt starts before it: as the task was created, or by the delay of a retry. None once that attempt has started."""
    queued_at: int | None = None
    started_at: int | None = None
    completed_at: int | None = None
    duration_ms: int | None = None
    queue_job_id: str | None = None
    attempt: int = 0
    """The fencing token: raised by every claim, so that the word of an older attempt is known to be old."""
    worker_id: str | None = None
    claim_id: str | None = None
    lease_until: int | None = None
    """None while no worker holds the task: also when it is `running` by PATCH."""
    lease_ms: int | None = None
    attempt_started_at: int | None = None
    reported_attempt: int | None = None
    """The attempt whose report was recorded, so that a repeated report is told the same."""
    due_at: int | None = None
    """When the sweep must have sent this task's message: set for waits that SQS cannot hold (over 15 minutes)."""
    epoch: int = 0
    """The run's epoch at which the task was created, or last moved by a cancel or retry of the run: one walk does so once."""
    dead_letters: int = 0
    """How often its message was found among the dead letters and sent afresh."""
    traceparent: str | None = None
    """The W3C trace context of the request that created it; it travels with its messages."""
    hinted: bool = False
    """A hint on the work queue covers this end: whoever else meets it need not settle it."""
    notified_at: int | None = None
    """When the event of a hinted end was sent, so that the hint finds it done."""
    rev: int = 0

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status in ENDED_TASK

    @property
    def waits(self) -> bool:
        """Whether it may be waiting for what it depends on."""
        return self.status is TaskStatus.PENDING and bool(self.depends_on)


@dataclass(frozen=True, slots=True)
class Change:
    """One task's step from what was read to what shall be written."""

    before: TaskState
    after: TaskState


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks of a run have ended, by status; `tolerated` are the failed ones whose failure is allowed."""

    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    tolerated: int = 0

    @property
    def ended(self) -> int:
        """All of them together."""
        return self.completed + self.failed + self.cancelled

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.completed + other.completed,
            self.failed + other.failed,
            self.cancelled + other.cancelled,
            self.tolerated + other.tolerated,
        )


def ends_in(changes: Sequence[Change]) -> Counts:
    """What the changes add to the run's counters of ends; a task that was put back takes its end away."""

    def added(status: TaskStatus, only: Callable[[TaskState], bool] = lambda _: True) -> int:
        counted = [
            (change.after.status is status) - (change.before.status is status)
            for change in changes
            if only(change.after)
        ]
        return sum(counted)

    return Counts(
        completed=added(TaskStatus.COMPLETED),
        failed=added(TaskStatus.FAILED),
        cancelled=added(TaskStatus.CANCELLED),
        tolerated=added(TaskStatus.FAILED, lambda task: task.allow_failure),
    )


def without_lease(task: TaskState) -> TaskState:
    """The task with no worker holding it; `worker_id` still tells who held it last."""
    return replace(task, claim_id=None, lease_until=None, lease_ms=None, attempt_started_at=None)


def finish(task: TaskState, status: TaskStatus, now: int) -> TaskState:
    """The task ended as `status`; the duration counts from its first start, else from its creation.

    One that never started keeps the instant that it was not to start before: a retry may come earlier.
    """
    started = task.started_at if task.started_at is not None else task.created_at
    return replace(
        without_lease(task),
        status=status,
        available_at=task.available_at if task.started_at is None else None,
        due_at=None,
        completed_at=now,
        duration_ms=max(0, now - started),
        updated_at=now,
    )


def coded_error(code: str, message: str) -> Payload:
    """The `errorData` of a failure that Foreman itself finds."""
    return Payload(compact({"code": code, "message": message}))
