"""A run of 2,000 tasks is cancelled and retried by the work queue."""

import time

from foreman_client import ConflictError, Foreman, NewTask, Run, RunStatus, TaskStatus
from tests.e2e.processes import Stack, await_true
from tests.e2e.workers import all_tasks, client_of, left_on, queue_client
from tests.nightly import sized

TASKS = sized(2000, 600)
WITHIN_S = 120


def test_a_big_run_is_cancelled_and_retried(stack: Stack) -> None:
    with client_of(stack, "big") as client:
        run_id = client.create_run(input_data=None, auto_complete=True).unwrap().id
        tasks = [NewTask(type="nap", input_data=n) for n in range(TASKS)]
        client.enqueue_tasks(run_id=run_id, tasks=tasks).unwrap()
        began = time.monotonic()
        assert client.cancel_run(run_id).unwrap().status is RunStatus.CANCELLED
        await_true(lambda: run_of(client, run_id).cancelled_tasks == TASKS, WITHIN_S)
        cancelled = time.monotonic()
        await_true(lambda: is_retried(client, run_id), WITHIN_S)
        await_true(lambda: run_of(client, run_id).pending_tasks == TASKS, WITHIN_S)
        retried = time.monotonic()
        print(
            f"{TASKS} tasks: cancelled in {cancelled - began:.1f} s, retried in {retried - cancelled:.1f} s"
        )
        assert max(cancelled - began, retried - cancelled) < WITHIN_S
        assert run_of(client, run_id).status is RunStatus.RUNNING
        assert {task.status for task in all_tasks(client, run_id)} == {TaskStatus.QUEUED}
        url, sqs = client.settings.queues.task_queue_url, queue_client(stack)
        # The messages of the first time are still there; each task has at least one new one.
        await_true(lambda: left_on(sqs, url) >= 2 * TASKS, WITHIN_S)
        sqs.delete_queue(QueueUrl=url)


def run_of(client: Foreman, run_id: str) -> Run:
    return client.get_run(run_id).unwrap()


def is_retried(client: Foreman, run_id: str) -> bool:
    """Retry the run; for a moment after its last task was marked it is still being cancelled."""
    result = client.retry_run(run_id)
    assert result.success or isinstance(result.error, ConflictError)
    return result.success
