"""A worker and its queues on a real stack: priorities, a burst, a queue that is deleted."""

import contextlib
import threading
from typing import Any

from foreman_client import NewTask, RunStatus, Task, TaskStatus
from foreman_client.operations.task_body import PriorityName
from tests.e2e.processes import Stack, await_true
from tests.e2e.workers import client_of, nap, queue_client


def test_a_burst_runs_what_there_is_by_priority_and_returns(stack: Stack) -> None:
    order: list[str] = []
    lock = threading.Lock()

    def note(task: Task) -> None:
        with lock:
            order.append(task.input_data)

    counts: dict[PriorityName, int] = {"low": 3, "normal": 30, "high": 5}
    with client_of(stack, "burst") as client:
        run = client.create_run(input_data=None, auto_complete=True).unwrap()
        tasks = [
            NewTask(type="note", input_data=str(priority), priority=priority)
            for priority, count in counts.items()
            for _ in range(count)
        ]
        client.enqueue_tasks(run_id=run.id, tasks=tasks).unwrap()
        worker = client.create_worker({"note": note}, concurrency=1)
        worker.run(burst=True)
        assert client.wait_for_run(run.id, timeout_s=20).unwrap().status is RunStatus.COMPLETED
    assert {name: order.count(name) for name in counts} == counts
    assert set(order[:5]) == {"high"}
    assert "low" in order[5:25]


def test_a_task_queue_that_was_deleted_is_there_again_and_work_goes_on(stack: Stack) -> None:
    sqs: Any = queue_client(stack)

    def is_there(url: str) -> bool:
        with contextlib.suppress(sqs.exceptions.QueueDoesNotExist):
            return bool(sqs.get_queue_url(QueueName=url.rsplit("/", 1)[-1]))
        return False

    with client_of(stack, "deleted") as client:
        worker = client.create_worker({"nap": nap}, concurrency=2)
        worker.start()
        try:
            await_true(lambda: worker.status().ready, 10)
            url = client.settings.queues.task_queue_urls.high
            sqs.delete_queue(QueueUrl=url)
            await_true(lambda: is_there(url), 20)
            run = client.create_run(input_data=None).unwrap()
            task = client.enqueue_task(run_id=run.id, type="nap", input_data=0, priority="high").unwrap()
            done = client.wait_for_task(task.id, timeout_s=30).unwrap()
        finally:
            worker.stop(5)
    assert (done.status, done.attempt) == (TaskStatus.COMPLETED, 1)
