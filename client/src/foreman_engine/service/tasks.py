"""Tasks as an application sees them: get, patch, list."""

from dataclasses import replace
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.tasks import PatchTask, Task
from foreman_engine.domain.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from foreman_engine.domain.graph import Readiness
from foreman_engine.domain.patches import TaskPatch, patch_task
from foreman_engine.domain.payload import Payload, bounded, payload
from foreman_engine.domain.putting_back import put_back
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.domain.work import Work
from foreman_engine.service import settle
from foreman_engine.service.notices import first_notices, send
from foreman_engine.service.ports import Ports, RunGuard
from foreman_engine.service.release import resolve, verdict_on
from foreman_engine.service.runs import metadata_payload, read_run
from foreman_engine.service.starting import ensure_started
from foreman_engine.service.views import task_view

_TRIES: Final = 8


def read_task(ports: Ports, org_id: str, task_id: str) -> TaskState:
    """The task as stored, strongly consistent; payloads may be unloaded.

    Raises:
        NotFoundError: this organization has no such task.
    """
    found = ports.tasks.get(org_id, [task_id])
    if task_id not in found:
        raise NotFoundError("There is no such task.")
    return found[task_id]


def get_task(ports: Ports, org_id: str, task_id: str) -> Task:
    """A task, strongly consistent.

    Raises:
        NotFoundError: this organization has no such task.
    """
    return task_view(ports.tasks.load([read_task(ports, org_id, task_id)])[0])


def update_task(ports: Ports, org_id: str, task_id: str, request: PatchTask) -> Task:
    """Record what a caller did outside; an end has all its effects before the answer. Repeating a patch changes nothing.

    Raises:
        NotFoundError: this organization has no such task.
        ConflictError: the status may not follow, or the patch speaks for an older attempt.
        TooLargeError: a payload is over its limit.
    """
    patch = _task_patch(request)
    announced = False
    for _ in range(_TRIES):
        [task] = ports.tasks.load([read_task(ports, org_id, task_id)])
        after = patch_task(task, patch, ports.clock.now_ms())
        if after is not None:
            if after.status is not task.status:
                _prepare_run(ports, after)
            if after.ended and not task.ended:
                after = replace(after, hinted=True)
            if after.ended and not announced:
                settle.announce(ports, Work(org_id, task.run_id, task_id))
                announced = True
            try:
                [saved] = ports.tasks.save([Change(task, after)])
            except StaleError:
                continue
            # The answer needs the payloads' text, which the store need not hand back.
            task = replace(after, rev=saved.rev)
        if task.ended and request.status is not None:
            settle.settle_hinted(ports, [task])
        return task_view(task)
    raise UnavailableError("The task is changing too fast to be patched.")


def cancel_task(ports: Ports, org_id: str, task_id: str) -> Task:
    """Cancel a task at once; a running attempt is fenced off and learns of it at its next heartbeat. Again: no change.

    Raises:
        NotFoundError: this organization has no such task.
        ConflictError: the task has ended otherwise.
    """
    return update_task(ports, org_id, task_id, PatchTask(status=TaskStatus.CANCELLED))


def retry_task(ports: Ports, org_id: str, task_id: str) -> Task:
    """Run an ended task again: its outcome and retries are forgotten, its attempt number goes on.

    Raises:
        NotFoundError: this organization has no such task.
        ConflictError: the task has not ended, or its run has, or what it depends on has failed.
    """
    for _ in range(_TRIES):
        task = read_task(ports, org_id, task_id)
        run = read_run(ports, org_id, task.run_id)
        if not task.ended or run.ended:
            raise ConflictError("Only an ended task of a run that is open can be retried.")
        if task.depends_on and verdict_on(ports, run, task).readiness is Readiness.IMPOSSIBLE:
            raise ConflictError("The task can never start: what it depends on has failed; retry that first.")
        after = put_back(task, run.epoch, ports.clock.now_ms())
        settle.announce(ports, Work(org_id, run.id, task_id))
        try:
            # Whoever is about to end the run on counters read before must lose against this.
            [saved] = ports.tasks.save([Change(task, after)], RunGuard(run, touch=True))
        except StaleError:
            continue
        after = replace(after, rev=saved.rev)
        if after.waits:
            # A dependency may have ended since it was read, and not have seen that this one waits again.
            settle.settle_hinted(ports, resolve(ports, run, [after]))
            after = read_task(ports, org_id, task_id)
        elif after.enqueue:
            send(ports, first_notices([after], ports.clock.now_ms()))
        return task_view(ports.tasks.load([after])[0])
    raise UnavailableError("The task is changing too fast to be retried.")


def _prepare_run(ports: Ports, after: TaskState) -> None:
    run = read_run(ports, after.org_id, after.run_id)
    if run.status is RunStatus.CANCELLED and after.status is not TaskStatus.CANCELLED:
        raise ConflictError("The run was cancelled, and its tasks with it.")
    if after.status is TaskStatus.RUNNING:
        ensure_started(ports, run)


def _task_patch(request: PatchTask) -> TaskPatch:
    given = request.model_fields_set
    progress = None
    if "progress" in given:
        progress = Payload(bounded(request.progress, "progress", limits.MAX_PROGRESS_BYTES))
    return TaskPatch(
        status=request.status,
        output_data=payload(request.output_data, "outputData") if "output_data" in given else None,
        error_data=payload(request.error_data, "errorData") if "error_data" in given else None,
        metadata=metadata_payload(request.metadata),
        progress=progress,
        queue_job_id=request.queue_job_id,
        attempt=request.attempt,
    )
