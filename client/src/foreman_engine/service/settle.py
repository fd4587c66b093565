"""`settle`: the one way an end takes effect.

It runs after the commit, reads strongly, and is idempotent: whoever dies in between, the message that is still on its queue
brings somebody here again. Callers: report, the claim of an ended task, PATCH, and the work queue.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from foreman_contract.enums import EventType, RunStatus, TaskStatus
from foreman_contract.messages import ResultMessage
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.runs import RunState, end_run, outcome
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.domain.work import Work
from foreman_engine.service.ports import EventNotice, Ports
from foreman_engine.service.release import HINT_DELAY_S, INLINE_PAGES, release_dependants

_TRIES: Final = 8


def announce(ports: Ports, work: Work) -> None:
    """Before a change that no worker's message covers: leave a hint, so that it is finished whoever dies."""
    ports.messages.send_work([work], HINT_DELAY_S)


def settle(ports: Ports, org_id: str, run_id: str, tasks: Sequence[TaskState] = ()) -> None:
    """Give the ends of `tasks` (those not ended are passed over) and of their run every effect they have.

    Raises:
        UnavailableError: something could not be done; nothing is undone, call again.
    """
    found = ports.runs.get(org_id, [run_id])
    if run_id not in found:
        return
    run = found[run_id]
    cancelled = release_dependants(ports, run, tasks, INLINE_PAGES)
    run = _end_if_due(ports, run)
    announce_ends(ports, run, tasks)
    tell(ports, run, cancelled)
    if run.ended and not run.hold and run.notified_at is None:
        ports.messages.send_events(org_id, run.result_queue, [_run_event(run)])
        _mark_notified(ports, run)


def settle_hinted(ports: Ports, tasks: Sequence[TaskState]) -> None:
    """Settle ends of one run and note that it is done, so that their hints on the work queue do not send the events again."""
    fresh = [task for task in tasks if task.notified_at is None]
    if tasks:
        settle(ports, tasks[0].org_id, tasks[0].run_id, fresh)
        _mark_told(ports, [task for task in fresh if task.hinted])


def tell(ports: Ports, run: RunState, cancelled: Sequence[TaskState]) -> None:
    """Send the events of tasks that were cancelled through their dependencies, and note that it is done."""
    announce_ends(ports, run, cancelled)
    _mark_told(ports, cancelled)


def _mark_told(ports: Ports, tasks: Sequence[TaskState]) -> None:
    """One that was put back meanwhile, or noted by another, is left as it is."""
    now = ports.clock.now_ms()
    ports.tasks.save_each([Change(task, replace(task, notified_at=now)) for task in tasks])


def announce_ends(ports: Ports, run: RunState, tasks: Sequence[TaskState]) -> None:
    """Send the events of those of a run's tasks that have ended."""
    events = [_task_event(task) for task in tasks if task.ended]
    if events:
        ports.messages.send_events(run.org_id, run.result_queue, events)


def _end_if_due(ports: Ports, run: RunState) -> RunState:
    """The run, ended if all its tasks have; of any number of callers one writes the end.

    The run is read before the counters and must be unchanged when the end is written: a task created in between
    raises `total_tasks`, so either the creation or the end loses.
    """
    for _ in range(_TRIES):
        if run.ended or not run.auto_complete:
            return run
        counted = replace(run, counts=ports.runs.counts(run.org_id, run.id))
        status = outcome(counted)
        if status is None:
            return run
        try:
            return ports.runs.save(run, end_run(run, status, ports.clock.now_ms()))
        except StaleError:
            run = ports.runs.get(run.org_id, [run.id])[run.id]
    raise UnavailableError("The run is changing too fast to end it.")


def _mark_notified(ports: Ports, run: RunState) -> None:
    try:
        ports.runs.save(run, replace(run, notified_at=ports.clock.now_ms()))
    except StaleError:
        return  # another settle marked it, and sent the event as well: delivery is at least once


_TASK_EVENTS: Final = {
    TaskStatus.COMPLETED: EventType.TASK_COMPLETED,
    TaskStatus.FAILED: EventType.TASK_FAILED,
    TaskStatus.CANCELLED: EventType.TASK_CANCELLED,
}
_RUN_EVENTS: Final = {
    RunStatus.COMPLETED: EventType.RUN_COMPLETED,
    RunStatus.FAILED: EventType.RUN_FAILED,
    RunStatus.CANCELLED: EventType.RUN_CANCELLED,
}


def _task_event(task: TaskState) -> EventNotice:
    message = ResultMessage(
        event=_TASK_EVENTS[task.status],
        task_id=task.id,
        run_id=task.run_id,
        org_id=task.org_id,
        type=task.type,
        status=task.status,
        at=task.completed_at if task.completed_at is not None else task.updated_at,
    )
    return EventNotice(message, task.traceparent)


def _run_event(run: RunState) -> EventNotice:
    message = ResultMessage(
        event=_RUN_EVENTS[run.status],
        run_id=run.id,
        org_id=run.org_id,
        status=run.status,
        at=run.completed_at if run.completed_at is not None else run.updated_at,
    )
    return EventNotice(message)
