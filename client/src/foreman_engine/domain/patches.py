"""What a PATCH of a task or a run does: it records what a caller did outside, and queues nothing."""

from dataclasses import dataclass, replace

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.errors import ConflictError
from foreman_engine.domain.payload import Payload, differs
from foreman_engine.domain.putting_back import cancelled_run
from foreman_engine.domain.runs import RunState, end_run
from foreman_engine.domain.tasks import TaskState, finish, without_lease
from foreman_engine.domain.transitions import Cause, allowed, run_allowed


@dataclass(frozen=True, slots=True)
class TaskPatch:
    """The fields a caller set; None is unset (a payload's null is a Payload)."""

    status: TaskStatus | None = None
    output_data: Payload | None = None
    error_data: Payload | None = None
    metadata: Payload | None = None
    progress: Payload | None = None
    queue_job_id: str | None = None
    attempt: int | None = None


def patch_task(task: TaskState, patch: TaskPatch, now: int) -> TaskState | None:
    """The task as patched, or None when nothing changes.

    Raises:
        ConflictError: the status may not follow, or the patch speaks for an older attempt.
    """
    if patch.attempt is not None and patch.attempt != task.attempt:
        raise ConflictError(
            f"The patch is of attempt {patch.attempt}; the task is at attempt {task.attempt}."
        )
    if task.ended and (
        differs(patch.output_data, task.output_data)
        or differs(patch.error_data, task.error_data)
        or differs(patch.progress, task.progress)
    ):
        raise ConflictError(f"The task has ended ({task.status}); its outcome does not change any more.")
    moved = task
    if patch.status is not None and patch.status is not task.status:
        if not allowed(Cause.PATCH, task.status, patch.status):
            raise ConflictError(f"A {task.status} task cannot become {patch.status}.")
        moved = _moved(task, patch.status, now)
    after = replace(
        moved,
        output_data=patch.output_data or moved.output_data,
        error_data=patch.error_data or moved.error_data,
        metadata=patch.metadata or moved.metadata,
        progress=patch.progress or moved.progress,
        queue_job_id=patch.queue_job_id if patch.queue_job_id is not None else moved.queue_job_id,
    )
    return replace(after, updated_at=now) if after != task else None


def _moved(task: TaskState, status: TaskStatus, now: int) -> TaskState:
    if status is TaskStatus.RUNNING:
        # The attempt number of a worker that held the task is used up: without a new one its late report would be believed.
        attempt = task.attempt + 1 if task.worker_id is not None else task.attempt
        started = task.started_at if task.started_at is not None else now
        return replace(
            without_lease(task),
            status=status,
            attempt=attempt,
            worker_id=None,
            started_at=started,
            available_at=None,
            due_at=None,
        )
    if status is TaskStatus.QUEUED:
        queued = task.queued_at if task.queued_at is not None else now
        # What its caller has queued before its time is still not to start before it.
        at = task.available_at if task.started_at is None else None
        return replace(without_lease(task), status=status, queued_at=queued, available_at=at, due_at=None)
    if status is TaskStatus.RETRYING:
        return replace(without_lease(task), status=status, retry_count=task.retry_count + 1)
    return finish(task, status, now)


@dataclass(frozen=True, slots=True)
class RunPatch:
    """The fields a caller set; None is unset (a payload's null is a Payload)."""

    status: RunStatus | None = None
    output_data: Payload | None = None
    error_data: Payload | None = None
    metadata: Payload | None = None


def patch_run(run: RunState, patch: RunPatch, now: int) -> RunState | None:
    """The run as patched, or None when nothing changes.

    Raises:
        ConflictError: the run has ended, or the status may not follow.
    """
    if run.ended and (
        patch.status is not run.status
        or differs(patch.output_data, run.output_data)
        or differs(patch.error_data, run.error_data)
        or differs(patch.metadata, run.metadata)
    ):
        raise ConflictError(f"The run has ended ({run.status}) and accepts nothing else.")
    if run.ended:
        return None
    moved = run
    if patch.status is not None and patch.status is not run.status:
        if not run_allowed(Cause.PATCH, run.status, patch.status):
            raise ConflictError(f"A {run.status} run cannot become {patch.status}.")
        if patch.status is RunStatus.RUNNING:
            moved = replace(run, status=patch.status, started_at=run.started_at or now)
        elif patch.status is RunStatus.CANCELLED:
            moved = cancelled_run(run, now)
        else:
            moved = end_run(run, patch.status, now)
    after = replace(
        moved,
        output_data=patch.output_data or moved.output_data,
        error_data=patch.error_data or moved.error_data,
        metadata=patch.metadata or moved.metadata,
    )
    return replace(after, updated_at=now) if after != run else None
