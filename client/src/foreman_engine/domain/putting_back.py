"""Cancelling and retrying: what becomes of a task, and of a run whose tasks are then walked."""

from dataclasses import replace

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.runs import RunState, end_run
from foreman_engine.domain.tasks import TaskState, without_lease
from foreman_engine.domain.waits import wait_ms, with_wait


def put_back(task: TaskState, epoch: int, now: int) -> TaskState:
    """An ended task as it waits to be run again: its outcome and retries are forgotten, its attempt number goes on.

    One that was never enqueued becomes `pending`: its caller runs it again. So does one that depends on others, until it is
    known what they say. One that never started still waits for the time that it was created with.
    """
    queued = task.enqueue and not task.depends_on
    again = replace(
        without_lease(task),
        status=TaskStatus.QUEUED if queued else TaskStatus.PENDING,
        cause_id=None,
        retry_count=0,
        output_data=None,
        error_data=None,
        progress=None,
        available_at=task.available_at if wait_ms(task, now) else None,
        due_at=None,
        completed_at=None,
        duration_ms=None,
        reported_attempt=None,
        hinted=False,
        notified_at=None,
        queued_at=(task.queued_at or now) if queued else task.queued_at,
        epoch=epoch,
        updated_at=now,
    )
    return with_wait(again, now) if queued else again


def cancelled_run(run: RunState, now: int) -> RunState:
    """The run cancelled; `hold` until the walk over its tasks is done."""
    return replace(end_run(run, RunStatus.CANCELLED, now), epoch=run.epoch + 1, hold=True)


def retried_run(run: RunState, now: int) -> RunState:
    """The run `running` again; `hold` keeps it from completing until the walk over its tasks is done."""
    return replace(
        run,
        status=RunStatus.RUNNING,
        epoch=run.epoch + 1,
        hold=True,
        started_at=run.started_at if run.started_at is not None else now,
        completed_at=None,
        duration_ms=None,
        error_data=None,
        notified_at=None,
        updated_at=now,
    )
