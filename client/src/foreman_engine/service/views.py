"""How stored states look on the wire. Only what is set is set, so that absent fields stay absent."""

from typing import Any

from foreman_contract import limits
from foreman_contract.graphs import AtLeast
from foreman_contract.run_data import Entry
from foreman_contract.runs import Run
from foreman_contract.schedules import Schedule
from foreman_contract.tasks import RetryPolicy, Task
from foreman_engine.domain.payload import Payload, escaped_bytes
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.schedules import ScheduleState, passed
from foreman_engine.domain.tasks import TaskState

Fields = dict[str, Any]


def _set(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def _payloads(payloads: dict[str, Payload | None], *, listed: bool) -> Fields:
    """The fields of some payloads; in a list, one over 64 KB becomes its `…_omitted` mark."""
    fields: Fields = {}
    for name, payload in payloads.items():
        if payload is None:
            continue
        text = payload.text or ""
        if listed and len(text) * 6 > limits.MAX_LISTED_PAYLOAD_BYTES < escaped_bytes(text):
            fields[f"{name}_omitted"] = True
        else:
            fields[name] = payload.value()
    return fields


def run_view(run: RunState, *, listed: bool = False) -> Run:
    """A run, loaded and with its counts filled in, as it is answered."""
    payloads = {"input_data": run.input_data, "output_data": run.output_data, "error_data": run.error_data}
    return Run(
        id=run.id,
        org_id=run.org_id,
        status=run.status,
        total_tasks=run.total_tasks,
        pending_tasks=run.total_tasks - run.counts.ended,
        completed_tasks=run.counts.completed,
        failed_tasks=run.counts.failed,
        cancelled_tasks=run.counts.cancelled,
        auto_complete=run.auto_complete,
        created_at=run.created_at,
        updated_at=run.updated_at,
        **_payloads(payloads, listed=listed),
        **_set(
            {
                "metadata": run.metadata and run.metadata.value(),
                "started_at": run.started_at,
                "completed_at": run.completed_at,
                "duration_ms": run.duration_ms,
            }
        ),
    )


def task_view(task: TaskState, *, listed: bool = False) -> Task:
    """A loaded task as it is answered."""
    payloads = {"input_data": task.input_data, "output_data": task.output_data, "error_data": task.error_data}
    optional = {
        "parent_task_id": task.parent_task_id,
        "depends_on": list(task.depends_on) or None,
        "fan_in": AtLeast(at_least=task.fan_in) if isinstance(task.fan_in, int) else task.fan_in,
        "allow_failure": task.allow_failure or None,
        "metadata": task.metadata and task.metadata.value(),
        "queue": task.queue if task.enqueue else None,
        "retry_policy": _policy_view(task),
        "worker_id": task.worker_id,
        "available_at": task.available_at,
        "timeout_seconds": task.timeout_s,
        "queued_at": task.queued_at,
        "started_at": task.started_at,
        "completed_at": task.completed_at,
        "duration_ms": task.duration_ms,
        "queue_job_id": task.queue_job_id,
    }
    return Task(
        id=task.id,
        run_id=task.run_id,
        org_id=task.org_id,
        type=task.type,
        status=task.status,
        priority=task.priority,
        retry_count=task.retry_count,
        max_retries=task.max_retries,
        attempt=task.attempt,
        created_at=task.created_at,
        updated_at=task.updated_at,
        **_payloads(payloads, listed=listed),
        **({"progress": task.progress.value()} if task.progress else {}),
        **_set(optional),
    )


def answer_bytes(task: TaskState) -> int:
    """About what a loaded task takes of an answer: its payloads, exactly, and a kilobyte or two for the rest."""
    payloads = (task.input_data, task.output_data, task.error_data, task.metadata, task.progress)
    return 2 * limits.KIB + sum(escaped_bytes(kept.text or "") for kept in payloads if kept is not None)


def _policy_view(task: TaskState) -> RetryPolicy | None:
    policy = task.retry_policy
    if policy is None:
        return None
    return RetryPolicy(initial_seconds=policy.initial_s, factor=policy.factor, max_seconds=policy.max_s)


def entry_view(entry: EntryState, *, listed: bool = False) -> Entry:
    """A loaded run-data entry as it is answered."""
    return Entry(
        id=entry.id,
        run_id=entry.run_id,
        task_id=entry.task_id,
        org_id=entry.org_id,
        key=entry.key,
        tags=list(entry.tags),
        created_at=entry.created_at,
        updated_at=entry.updated_at,
        **_payloads({"value": entry.value}, listed=listed),
        **_set({"metadata": entry.metadata and entry.metadata.value()}),
    )


def schedule_view(schedule: ScheduleState, now: int, *, listed: bool = False) -> Schedule:
    """A loaded schedule as it is answered. While it is paused, its next fire is what it would be from `now` on."""
    stands = schedule.paused and schedule.next_fire_at <= now
    optional = {
        "cron": schedule.cron,
        "every_seconds": schedule.every_s,
        "last_fire_at": schedule.last_fire_at,
        "last_run_id": schedule.last_run_id,
    }
    return Schedule(
        id=schedule.id,
        org_id=schedule.org_id,
        name=schedule.name,
        time_zone=schedule.time_zone,
        overlap=schedule.overlap,
        catch_up=schedule.catch_up,
        paused=schedule.paused,
        next_fire_at=(passed(schedule, now) if stands else schedule).next_fire_at,
        created_at=schedule.created_at,
        updated_at=schedule.updated_at,
        **_payloads({"template": schedule.template}, listed=listed),
        **_set(optional),
    )
