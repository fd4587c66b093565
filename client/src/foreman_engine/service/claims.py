"""Claim: of any number of concurrent claims of a task one wins, and the same claim asked again wins again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import ClaimOutcome, MessageAction, RunStatus
from foreman_contract.work import Claim, ClaimResult
from foreman_engine.domain.attempts import Claimant, ClaimDecision, decide_claim
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.graph import Readiness
from foreman_engine.domain.ids import created_ms, task_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.service.notices import notice, send
from foreman_engine.service.ports import Ports
from foreman_engine.service.release import verdict_on
from foreman_engine.service.settle import settle
from foreman_engine.service.starting import ensure_started
from foreman_engine.service.views import answer_bytes, task_view

UNKNOWN_HIDE_S: Final = 5
_TRIES: Final = 8


def claim_tasks(ports: Ports, org_id: str, request: Claim) -> list[ClaimResult]:
    """Answer each element of a claim, in request order.

    Raises:
        UnavailableError: a store was away; repeating the call with the same `claimId` gets the same attempts.
    """
    task_ids = [element.id for element in request.tasks]
    claimant = Claimant(request.worker_id, request.claim_id, request.lease_seconds)
    tasks = ports.tasks.get(org_id, task_ids)
    runs = dict(ports.runs.get(org_id, sorted({task.run_id for task in tasks.values()})))
    loaded = _with_inputs(ports, tasks)
    room = limits.MAX_ANSWER_BYTES
    results = []
    for task_id in task_ids:
        task = loaded.get(task_id)
        if task is None or task.run_id not in runs:
            results.append(_unknown(task_id, ports.clock.now_ms()))
            continue
        size = answer_bytes(task)
        if size > room and not task.ended:
            results.append(_message(task_id, ClaimOutcome.DEFERRED, MessageAction.HIDE, 0))
            continue
        result = _claim_one(ports, task, runs, claimant)
        room -= size if result.outcome is ClaimOutcome.CLAIMED else 0
        results.append(result)
    return results


def _with_inputs(ports: Ports, tasks: Mapping[str, TaskState]) -> dict[str, TaskState]:
    """Load what may be handed out; an ended task's payloads are not."""
    open_tasks = [task for task in tasks.values() if not task.ended]
    return {**tasks, **{task.id: task for task in ports.tasks.load(open_tasks)}}


def _claim_one(ports: Ports, task: TaskState, runs: dict[str, RunState], claimant: Claimant) -> ClaimResult:
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        run = runs[task.run_id]
        ready = not task.waits or verdict_on(ports, run, task).readiness is Readiness.READY
        decision = decide_claim(task, claimant, now, run.status is RunStatus.CANCELLED, ready)
        if decision.outcome is ClaimOutcome.CLAIMED:
            runs[run.id] = ensure_started(ports, run)
            if runs[run.id].status is RunStatus.CANCELLED:
                continue
            _send_for_waiting(ports, task, decision, now)
        try:
            held = _write(ports, task, decision)
        except StaleError:
            task = ports.tasks.load(list(ports.tasks.get(task.org_id, [task.id]).values()))[0]
            continue
        return _answer(ports, held, decision, now)
    raise UnavailableError("The task is changing too fast to be claimed.")


def _send_for_waiting(ports: Ports, task: TaskState, decision: ClaimDecision, now: int) -> None:
    """A task that is claimed before it is released may have no message, and its release will pass it over: send one."""
    if task.waits and task.enqueue and decision.after is not None:
        send(ports, [notice(task, (decision.after.lease_until or now) - now)])


def _write(ports: Ports, task: TaskState, decision: ClaimDecision) -> TaskState:
    if decision.after is None:
        return task
    [saved] = ports.tasks.save([Change(task, decision.after)])
    return replace(decision.after, rev=saved.rev)


def _answer(ports: Ports, task: TaskState, decision: ClaimDecision, now: int) -> ClaimResult:
    match decision.outcome:
        case ClaimOutcome.CLAIMED:
            left_s = max(0, ((task.lease_until or now) - now) // 1000)
            return ClaimResult(id=task.id, outcome=decision.outcome, task=task_view(task), seconds=left_s)
        case ClaimOutcome.ENDED:
            settle(ports, task.org_id, task.run_id, [] if task.hinted else [task])
            return _message(task.id, decision.outcome, MessageAction.DELETE)
        case ClaimOutcome.BLOCKED:
            return _message(task.id, decision.outcome, MessageAction.DELETE)
        case _:
            return _message(task.id, decision.outcome, MessageAction.HIDE, hide_seconds(decision.hide_ms))


def hide_seconds(hide_ms: int) -> int:
    """Whole seconds that reach the instant, never less, and at most 15 minutes: then the message is looked at again."""
    return min(limits.MAX_MESSAGE_HIDE_S, -(-hide_ms // 1000))


def _unknown(task_id: str, now: int) -> ClaimResult:
    action, seconds = unknown_message(task_id, now)
    return _message(task_id, ClaimOutcome.UNKNOWN, action, seconds)


def unknown_message(task_id: str, now: int) -> tuple[MessageAction, int | None]:
    """What becomes of the message of a task without a record.

    The message is sent before the record is written, so the record may still come until the id is a minute old.
    """
    if task_address(task_id) is not None and now - created_ms(task_id) < limits.ORPHAN_AGE_MS:
        return MessageAction.HIDE, UNKNOWN_HIDE_S
    return MessageAction.DELETE, None


def _message(
    task_id: str, outcome: ClaimOutcome, action: MessageAction, seconds: int | None = None
) -> ClaimResult:
    if seconds is None:
        return ClaimResult(id=task_id, outcome=outcome, message=action)
    return ClaimResult(id=task_id, outcome=outcome, message=action, seconds=seconds)
