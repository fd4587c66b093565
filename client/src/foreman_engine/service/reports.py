"""Report: record what became of attempts, one transaction per run, then settle."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from foreman_contract.enums import MessageAction, ReportOutcome, RunStatus
from foreman_contract.work import Report, ReportResult, Result
from foreman_engine.domain.attempts import AttemptResult, ReportDecision, decide_report
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.payload import payload
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.service.claims import unknown_message
from foreman_engine.service.notices import notice, send
from foreman_engine.service.ports import Ports
from foreman_engine.service.settle import settle

_TRIES: Final = 8


def report_results(ports: Ports, org_id: str, request: Report) -> list[ReportResult]:
    """Answer each element of a report, in request order; everything it caused is durable before the answer.

    Raises:
        TooLargeError: a payload is over its limit.
        UnavailableError: a store or queue was away; repeating the call is answered the same.
    """
    parsed = {result.id: _attempt_result(result, index) for index, result in enumerate(request.results)}
    tasks = ports.tasks.get(org_id, list(parsed))
    answers = {task_id: _unknown(task_id, ports.clock.now_ms()) for task_id in parsed if task_id not in tasks}
    by_run: dict[str, list[TaskState]] = defaultdict(list)
    for task in tasks.values():
        by_run[task.run_id].append(task)
    for run_id, of_run in by_run.items():
        answers |= _report_run(ports, org_id, run_id, of_run, parsed)
    return [answers[result.id] for result in request.results]


def _attempt_result(result: Result, index: int) -> AttemptResult:
    given = result.model_fields_set
    delay = result.retry_delay_seconds
    return AttemptResult(
        attempt=result.attempt,
        status=result.status,
        output=payload(result.output_data, f"results[{index}].outputData")
        if "output_data" in given
        else None,
        error=payload(result.error_data, f"results[{index}].errorData") if "error_data" in given else None,
        retryable=result.retryable,
        retry_delay_ms=None if delay is None else round(delay * 1000),
    )


def _report_run(
    ports: Ports, org_id: str, run_id: str, tasks: Sequence[TaskState], results: dict[str, AttemptResult]
) -> dict[str, ReportResult]:
    run = ports.runs.get(org_id, [run_id]).get(run_id)
    if run is None:
        raise UnavailableError("The run of a reported task could not be read.")
    cancelled = run.status is RunStatus.CANCELLED
    final: dict[str, tuple[ReportDecision, TaskState]] = {}
    open_tasks = list(tasks)
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        decided = [
            (decide_report(task, results[task.id], now, ports.ids.uniform(), cancelled), task)
            for task in open_tasks
        ]
        try:
            saved = _write(ports, decided)
        except StaleError:
            # All were rolled back together: read all again, as any of them may have moved meanwhile.
            open_tasks = list(ports.tasks.get(org_id, [task.id for task in open_tasks]).values())
            continue
        final = {task.id: (decision, saved.get(task.id, task)) for decision, task in decided}
        break
    else:
        raise UnavailableError("The tasks are changing too fast to be reported.")
    recorded = [task for decision, task in final.values() if decision.outcome is ReportOutcome.RECORDED]
    settle(ports, org_id, run_id, [task for task in recorded if task.ended])
    return {task_id: _answer(decision, task) for task_id, (decision, task) in final.items()}


def _write(ports: Ports, decided: Sequence[tuple[ReportDecision, TaskState]]) -> dict[str, TaskState]:
    """Send what must be sent first, then commit; the answer has the tasks that changed."""
    notices = [
        notice(task, decision.message_delay_ms)
        for decision, task in decided
        if decision.message_delay_ms is not None and task.enqueue
    ]
    send(ports, notices)
    changes = [Change(task, decision.after) for decision, task in decided if decision.after is not None]
    saved = ports.tasks.save(changes) if changes else []
    return {
        change.after.id: replace(change.after, rev=new.rev)
        for change, new in zip(changes, saved, strict=True)
    }


def _answer(decision: ReportDecision, task: TaskState) -> ReportResult:
    if decision.outcome is ReportOutcome.STALE:
        return ReportResult(
            id=task.id, outcome=decision.outcome, status=task.status, message=MessageAction.LEAVE
        )
    return ReportResult(
        id=task.id, outcome=decision.outcome, status=task.status, message=MessageAction.DELETE
    )


def _unknown(task_id: str, now: int) -> ReportResult:
    action, seconds = unknown_message(task_id, now)
    if seconds is None:
        return ReportResult(id=task_id, outcome=ReportOutcome.UNKNOWN, message=action)
    return ReportResult(id=task_id, outcome=ReportOutcome.UNKNOWN, message=action, seconds=seconds)
