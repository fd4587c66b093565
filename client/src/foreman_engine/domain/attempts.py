"""What a worker's word does to a task: claim, report and heartbeat, each decided from the state as read.

A decision changes nothing by itself. The service writes `after` on condition that the state is still the one read; when it
is not, it reads again and decides again.
"""

from dataclasses import dataclass, replace
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import (
    ClaimOutcome,
    HeartbeatOutcome,
    ReportOutcome,
    ReportStatus,
    TaskStatus,
)
from foreman_engine.domain.lease import lease_ms, wants_renewal
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.retry import delay_ms
from foreman_engine.domain.tasks import TaskState, coded_error, finish, without_lease

_HIDE_MAX_MS: Final = limits.MAX_MESSAGE_HIDE_S * 1000


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """`after` is what to write, None for nothing; `hide_ms` tells when to look again."""

    outcome: ClaimOutcome
    after: TaskState | None = None
    hide_ms: int = 0


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims: the same `claim_id` of the same worker is the same claim, asked again."""

    worker_id: str
    claim_id: str
    lease_s: int | None = None


def decide_claim(
    task: TaskState, claimant: Claimant, now: int, run_cancelled: bool, ready: bool = True
) -> ClaimDecision:
    """Whether the claimant gets the task now; `ready` is what its dependencies say.

    A task that is not ready is written as it is: whoever was about to queue it on what he read before decides again, and
    sends a message of his own, since this one is used up.
    """
    if task.ended or run_cancelled:
        return ClaimDecision(ClaimOutcome.ENDED)
    if task.status is TaskStatus.RUNNING:
        return _claim_running(task, claimant, now)
    if not ready:
        return ClaimDecision(ClaimOutcome.BLOCKED, task)
    if task.available_at is not None and task.available_at > now:
        return ClaimDecision(ClaimOutcome.DELAYED, hide_ms=task.available_at - now)
    return ClaimDecision(ClaimOutcome.CLAIMED, _started(task, claimant, now))


def _claim_running(task: TaskState, claimant: Claimant, now: int) -> ClaimDecision:
    if task.lease_until is None:
        return ClaimDecision(ClaimOutcome.LEASED, hide_ms=_HIDE_MAX_MS)
    if (task.worker_id, task.claim_id) == (claimant.worker_id, claimant.claim_id):
        return ClaimDecision(ClaimOutcome.CLAIMED, _renewed(task, claimant.lease_s, now))
    if task.lease_until > now:
        return ClaimDecision(ClaimOutcome.LEASED, hide_ms=task.lease_until - now)
    if task.retry_count < task.max_retries:
        lost = replace(task, retry_count=task.retry_count + 1)
        return ClaimDecision(ClaimOutcome.CLAIMED, _started(lost, claimant, now))
    failed = replace(finish(task, TaskStatus.FAILED, now), error_data=worker_lost(task.attempt))
    return ClaimDecision(ClaimOutcome.ENDED, failed)


def worker_lost(attempt: int) -> Payload:
    """The `errorData` of a task whose last attempt was lost."""
    return coded_error("worker_lost", f"The lease of attempt {attempt} ran out and no retries were left.")


def _started(task: TaskState, claimant: Claimant, now: int) -> TaskState:
    """The next attempt. `due_at` stays: claimed before its sweep, the task has no message yet, and may come to need one."""
    granted = lease_ms(claimant.lease_s, attempt_age_ms=0)
    return replace(
        task,
        status=TaskStatus.RUNNING,
        attempt=task.attempt + 1,
        worker_id=claimant.worker_id,
        claim_id=claimant.claim_id,
        lease_until=now + granted,
        lease_ms=granted,
        attempt_started_at=now,
        started_at=task.started_at if task.started_at is not None else now,
        available_at=None,
        progress=None,
        updated_at=now,
    )


def _renewed(task: TaskState, requested_s: int | None, now: int) -> TaskState | None:
    """The task under a fresh lease, or None while half of the present one is left."""
    age = now - (task.attempt_started_at if task.attempt_started_at is not None else now)
    granted = lease_ms(requested_s, age)
    if task.lease_until is not None and not wants_renewal(task.lease_until, granted, now):
        return None
    return replace(task, lease_until=now + granted, lease_ms=granted, updated_at=now)


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What a worker says became of an attempt; `retry_delay_ms` replaces the policy's delay."""

    attempt: int
    status: ReportStatus
    output: Payload | None = None
    error: Payload | None = None
    retryable: bool = True
    retry_delay_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ReportDecision:
    """`after` is what to write, None for nothing; `message_delay_ms` is set when a new message must be sent first."""

    outcome: ReportOutcome
    after: TaskState | None = None
    message_delay_ms: int | None = None


def decide_report(
    task: TaskState, result: AttemptResult, now: int, uniform: float, run_cancelled: bool
) -> ReportDecision:
    """What a report changes. `uniform` from [0, 1) draws the delay of a retry."""
    if run_cancelled and not task.ended:
        return ReportDecision(ReportOutcome.STALE)
    if task.attempt != result.attempt:
        return ReportDecision(ReportOutcome.STALE)
    if task.reported_attempt == result.attempt:
        return ReportDecision(ReportOutcome.RECORDED)
    if task.status is not TaskStatus.RUNNING:
        return ReportDecision(ReportOutcome.STALE)
    reported = replace(task, reported_attempt=result.attempt)
    if result.status is ReportStatus.COMPLETED:
        done = finish(reported, TaskStatus.COMPLETED, now)
        return ReportDecision(
            ReportOutcome.RECORDED, replace(done, output_data=result.output, error_data=None)
        )
    if result.status is ReportStatus.RELEASED:
        released = replace(
            without_lease(reported), status=TaskStatus.QUEUED, available_at=None, updated_at=now
        )
        return ReportDecision(ReportOutcome.RECORDED, released, message_delay_ms=0)
    after, delay = _failed(reported, result, now, uniform)
    return ReportDecision(ReportOutcome.RECORDED, after, delay)


def _failed(task: TaskState, result: AttemptResult, now: int, uniform: float) -> tuple[TaskState, int | None]:
    if not result.retryable or task.retry_count >= task.max_retries:
        return replace(finish(task, TaskStatus.FAILED, now), error_data=result.error), None
    retry = task.retry_count + 1
    delay = result.retry_delay_ms
    if delay is None:
        delay = delay_ms(task.retry_policy, retry, uniform)
    # A wait that SQS cannot hold is found by the sweep through the record itself, so it needs no message now.
    swept = delay > _HIDE_MAX_MS and task.enqueue
    waiting = replace(
        without_lease(task),
        status=TaskStatus.RETRYING,
        retry_count=retry,
        available_at=now + delay,
        due_at=now + delay if swept else None,
        error_data=result.error,
        updated_at=now,
    )
    return waiting, None if swept else delay


@dataclass(frozen=True, slots=True)
class HeartbeatDecision:
    """As `ReportDecision`; `lease_left_ms` for `extended`."""

    outcome: HeartbeatOutcome
    after: TaskState | None = None
    lease_left_ms: int = 0
    message_delay_ms: int | None = None


@dataclass(frozen=True, slots=True)
class BeatOf:
    """One heartbeat: the attempt it speaks for, and its progress if it has news."""

    attempt: int
    progress: Payload | None = None
    lease_s: int | None = None


def decide_heartbeat(
    task: TaskState, beat: BeatOf, now: int, uniform: float, run_cancelled: bool
) -> HeartbeatDecision:
    """Whether the attempt may go on. It reads, and writes only for a lease half gone, for progress, or a timeout."""
    if run_cancelled or task.status is TaskStatus.CANCELLED:
        return HeartbeatDecision(HeartbeatOutcome.CANCELLED)
    if task.status is not TaskStatus.RUNNING or task.attempt != beat.attempt or task.lease_until is None:
        return HeartbeatDecision(HeartbeatOutcome.LOST)
    started = task.attempt_started_at if task.attempt_started_at is not None else now
    if task.timeout_s is not None and now - started >= task.timeout_s * 1000:
        error = coded_error(
            "timed_out", f"Attempt {task.attempt} ran longer than timeoutSeconds ({task.timeout_s})."
        )
        result = AttemptResult(task.attempt, ReportStatus.FAILED, error=error)
        after, delay = _failed(task, result, now, uniform)
        return HeartbeatDecision(HeartbeatOutcome.TIMED_OUT, after, message_delay_ms=delay)
    after_beat = _renewed(task, beat.lease_s, now)
    if beat.progress is not None and beat.progress != task.progress:
        after_beat = replace(after_beat or task, progress=beat.progress, updated_at=now)
    held = after_beat or task
    left = (held.lease_until or now) - now
    return HeartbeatDecision(HeartbeatOutcome.EXTENDED, after_beat, lease_left_ms=max(0, left))
