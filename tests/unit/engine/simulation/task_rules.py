"""What one write may do to a task, told from the contract and not from the engine's tables."""

from dataclasses import replace
from typing import Any, Final

from foreman_contract.enums import ReportStatus, TaskStatus
from foreman_contract.tasks import PatchTask
from foreman_contract.work import Claim, Heartbeat, Report
from foreman_engine.domain.tasks import TaskState
from tests.unit.engine.simulation.faults import Doing

_S = TaskStatus
OPEN: Final = (_S.PENDING, _S.QUEUED, _S.RUNNING, _S.RETRYING)
ENDED: Final = (_S.COMPLETED, _S.FAILED, _S.CANCELLED)

_Moves = frozenset[tuple[TaskStatus, TaskStatus]]
_SAME: Final[_Moves] = frozenset((status, status) for status in TaskStatus)
_NOTED: Final[_Moves] = frozenset((status, status) for status in ENDED)
"""Whoever settles an end may note on it that its event was sent."""
_CANCEL: Final[_Moves] = frozenset((status, _S.CANCELLED) for status in OPEN)
_AGAIN: Final[_Moves] = frozenset((old, new) for old in ENDED for new in (_S.QUEUED, _S.PENDING))
_AGAIN_OF_RUN: Final[_Moves] = frozenset(move for move in _AGAIN if move[0] is not _S.COMPLETED)
_PATCH: Final[_Moves] = _SAME | {
    *((old, new) for old in OPEN for new in ENDED),
    (_S.PENDING, _S.QUEUED),
    (_S.PENDING, _S.RUNNING),
    (_S.QUEUED, _S.RUNNING),
    (_S.RUNNING, _S.RETRYING),
    (_S.RUNNING, _S.QUEUED),
    (_S.RETRYING, _S.QUEUED),
    (_S.RETRYING, _S.RUNNING),
}

MOVES: Final[dict[str, _Moves]] = {
    "claim": frozenset(
        {
            (_S.PENDING, _S.RUNNING),
            (_S.QUEUED, _S.RUNNING),
            (_S.RETRYING, _S.RUNNING),
            (_S.RUNNING, _S.RUNNING),
            (_S.RUNNING, _S.FAILED),
        }
    ),
    "report": frozenset((_S.RUNNING, new) for new in (_S.COMPLETED, _S.FAILED, _S.RETRYING, _S.QUEUED)),
    "heartbeat": frozenset((_S.RUNNING, new) for new in (_S.RUNNING, _S.RETRYING, _S.FAILED)),
    "patch_task": _PATCH,
    "cancel_task": _CANCEL,
    "retry_task": _AGAIN,
    "patch_run": _CANCEL | _AGAIN_OF_RUN,
    "cancel_run": _CANCEL,
    "retry_run": _AGAIN_OF_RUN,
    "work": _CANCEL | _AGAIN_OF_RUN,
    "reconcile": _CANCEL | _AGAIN_OF_RUN,
    "sweep": _SAME,
    "revive": _SAME,
}


def check_write(doing: Doing, before: TaskState, after: TaskState, latest_ms: int) -> None:
    """One write of a task by `doing`; `latest_ms` is the latest instant that the API's clock has shown."""
    assert after.rev == before.rev + 1, "a write between was overwritten"
    if is_cascade(before, after) or is_release(doing, before, after):
        _keeps_attempt(None, before, after, latest_ms)
        return
    if after.has_dependants and not before.has_dependants and before.status is after.status:
        assert doing.name == "create_tasks"
        assert replace(after, rev=before.rev, has_dependants=False) == before
        return
    if doing.name == "claim" and before.waits and after.status is _S.PENDING:
        assert replace(after, rev=before.rev) == before, "a blocked claim changed the task"
        return
    moves = MOVES.get(doing.name, frozenset()) | _NOTED
    assert (before.status, after.status) in moves, f"{doing.name}: {before.status} -> {after.status}"
    assert after.attempt >= before.attempt, "the attempt went backwards"
    assert before.ended == (before.completed_at is not None)
    assert after.ended == (after.completed_at is not None)
    if before.ended and after.ended:
        assert _outcome(before) == _outcome(after), "an outcome changed"
        return
    if after.ended or after.status in (_S.PENDING, _S.QUEUED):
        assert after.lease_until is None
    _CHECKS.get(doing.name, _keeps_attempt)(doing.request, before, after, latest_ms)


def is_release(doing: Doing, before: TaskState, after: TaskState) -> bool:
    """Whether a task that waited is queued because its dependencies allow it, and not by its caller's PATCH."""
    patched = isinstance(doing.request, PatchTask) and doing.request.status is _S.QUEUED
    return before.waits and before.enqueue and after.status is _S.QUEUED and not patched


def is_cascade(before: TaskState, after: TaskState) -> bool:
    """Whether a task that waited is cancelled because of what it depends on."""
    return before.waits and after.status is _S.CANCELLED and after.cause_id is not None


def _outcome(task: TaskState) -> tuple[Any, ...]:
    texts = [kept and kept.text for kept in (task.output_data, task.error_data)]
    return task.status, *texts, task.completed_at, task.attempt


def _keeps_attempt(_: object, before: TaskState, after: TaskState, __: int) -> None:
    assert after.attempt == before.attempt
    if before.ended and not after.ended:
        assert (after.retry_count, after.output_data, after.error_data) == (0, None, None)


def _patched(_: object, before: TaskState, after: TaskState, __: int) -> None:
    started = after.status is _S.RUNNING and before.status is not _S.RUNNING
    assert after.attempt - before.attempt in ((0, 1) if started else (0,))
    if started:
        assert after.lease_until is None


def _claimed(request: Claim, before: TaskState, after: TaskState, latest_ms: int) -> None:
    running = before.status is _S.RUNNING
    lost = running and before.lease_until is not None and before.lease_until <= latest_ms
    if after.status is _S.FAILED:
        assert lost, "failed though its lease had not ended"
        assert before.retry_count >= before.max_retries
        assert after.error_data is not None
        assert after.error_data.value()["code"] == "worker_lost"
        return
    assert (after.worker_id, after.claim_id) == (request.worker_id, request.claim_id)
    assert after.lease_until is not None
    if running and not lost:
        assert (before.worker_id, before.claim_id) == (request.worker_id, request.claim_id), "taken away"
    if after.attempt == before.attempt:
        assert running
        return
    assert after.attempt == before.attempt + 1
    assert after.retry_count == before.retry_count + (1 if running else 0)
    if running:
        assert after.retry_count <= after.max_retries
    assert before.available_at is None or before.available_at <= latest_ms, "started before its time"


def _beaten(request: Heartbeat, before: TaskState, after: TaskState, latest_ms: int) -> None:
    [beat] = [beat for beat in request.tasks if beat.id == before.id]
    assert before.attempt == after.attempt == beat.attempt, "a zombie's heartbeat changed the task"
    if after.status is _S.RUNNING:
        assert after.lease_until is not None
        return
    assert before.timeout_s is not None
    assert before.attempt_started_at is not None
    assert latest_ms - before.attempt_started_at >= before.timeout_s * 1000
    assert after.error_data is not None
    assert after.error_data.value()["code"] == "timed_out"
    _failed(before, after)


def _failed(before: TaskState, after: TaskState) -> None:
    if after.status is _S.RETRYING:
        assert after.retry_count == before.retry_count + 1 <= before.max_retries
        assert after.available_at is not None
    else:
        assert after.retry_count == before.retry_count


def _reported(request: Report, before: TaskState, after: TaskState, _: int) -> None:
    [result] = [result for result in request.results if result.id == before.id]
    assert before.attempt == after.attempt == result.attempt, "a zombie's report changed the task"
    assert before.reported_attempt != result.attempt, "an attempt was recorded twice"
    assert before.lease_until is not None, "a report of a task that is running by PATCH was believed"
    match result.status:
        case ReportStatus.COMPLETED:
            assert after.status is _S.COMPLETED
            assert after.output_data is not None
            assert after.output_data.value() == result.output_data
        case ReportStatus.RELEASED:
            assert (after.status, after.retry_count) == (_S.QUEUED, before.retry_count)
        case ReportStatus.FAILED:
            assert after.status in (_S.FAILED, _S.RETRYING)
            _failed(before, after)
            if after.status is _S.RETRYING and result.retry_delay_seconds is not None:
                assert after.available_at == after.updated_at + round(result.retry_delay_seconds * 1000)


_CHECKS: Final[dict[str, Any]] = {
    "claim": _claimed,
    "report": _reported,
    "heartbeat": _beaten,
    "patch_task": _patched,
}
