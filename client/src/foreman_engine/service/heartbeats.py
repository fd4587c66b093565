"""Heartbeat: it reads, and seldom writes."""

from dataclasses import replace
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import HeartbeatOutcome, MessageAction, RunStatus
from foreman_contract.work import Beat, Heartbeat, HeartbeatResult
from foreman_engine.domain.attempts import BeatOf, HeartbeatDecision, decide_heartbeat
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.payload import Payload, bounded
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.service.notices import notice, send
from foreman_engine.service.ports import Ports
from foreman_engine.service.settle import settle

_TRIES: Final = 8
_ACTIONS: Final = {
    HeartbeatOutcome.CANCELLED: MessageAction.DELETE,
    HeartbeatOutcome.TIMED_OUT: MessageAction.DELETE,
    HeartbeatOutcome.LOST: MessageAction.LEAVE,
}


def beat(ports: Ports, org_id: str, request: Heartbeat) -> list[HeartbeatResult]:
    """Answer each element of a heartbeat, in request order.

    Raises:
        TooLargeError: a progress is over 4 KB.
        UnavailableError: a store was away.
    """
    beats = [_beat_of(element, index, request) for index, element in enumerate(request.tasks)]
    tasks = ports.tasks.get(org_id, [element.id for element in request.tasks])
    runs = ports.runs.get(org_id, sorted({task.run_id for task in tasks.values()}))
    results = []
    for element, beat_of in zip(request.tasks, beats, strict=True):
        task = tasks.get(element.id)
        if task is None:
            results.append(
                HeartbeatResult(id=element.id, outcome=HeartbeatOutcome.LOST, message=MessageAction.LEAVE)
            )
        else:
            results.append(_beat_one(ports, task, runs[task.run_id], beat_of))
    return results


def _beat_of(element: Beat, index: int, request: Heartbeat) -> BeatOf:
    progress = None
    if "progress" in element.model_fields_set:
        text = bounded(element.progress, f"tasks[{index}].progress", limits.MAX_PROGRESS_BYTES)
        progress = Payload(text)
    return BeatOf(element.attempt, progress, request.lease_seconds)


def _beat_one(ports: Ports, task: TaskState, run: RunState, beat_of: BeatOf) -> HeartbeatResult:
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        decision = decide_heartbeat(
            task, beat_of, now, ports.ids.uniform(), run.status is RunStatus.CANCELLED
        )
        try:
            task = _write(ports, task, decision)
        except StaleError:
            task = ports.tasks.get(task.org_id, [task.id])[task.id]
            continue
        if decision.outcome is HeartbeatOutcome.EXTENDED:
            return HeartbeatResult(
                id=task.id, outcome=decision.outcome, seconds=decision.lease_left_ms // 1000
            )
        if task.ended:
            settle(ports, task.org_id, task.run_id, [task])
        return HeartbeatResult(id=task.id, outcome=decision.outcome, message=_ACTIONS[decision.outcome])
    raise UnavailableError("The task is changing too fast.")


def _write(ports: Ports, task: TaskState, decision: HeartbeatDecision) -> TaskState:
    if decision.after is None:
        return task
    if decision.message_delay_ms is not None and task.enqueue:
        send(ports, [notice(task, decision.message_delay_ms)])
    [saved] = ports.tasks.save([Change(task, decision.after)])
    return replace(decision.after, rev=saved.rev)
