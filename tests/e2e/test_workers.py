"""Workers on a real stack: an API that is away, a type that nobody handles, a cancel, and how soon an idle one starts."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping

import pytest

from foreman_client import Foreman, Handlers, NewTask, RunStatus, Task, TaskContext, TaskStatus
from foreman_client.context import Handler
from tests.e2e.processes import Stack, await_true
from tests.e2e.proxy import proxy_to
from tests.e2e.workers import all_tasks, client_of, leaf, nap, queue_client, share

CONCURRENCY = 4
AWAY_S = 8
HIDDEN_S = 30
"""How long a message that a worker has no handler for stays away from everybody."""


@contextlib.contextmanager
def working(
    client: Foreman, handlers: Mapping[str, Handler], lease_seconds: int | None = None
) -> Iterator[None]:
    worker = client.create_worker(handlers, concurrency=CONCURRENCY, lease_seconds=lease_seconds)
    worker.start()
    try:
        yield
    finally:
        worker.stop(5)


def enqueue(client: Foreman, run_id: str, count: int, seconds: float, kind: str = "nap") -> list[Task]:
    tasks = [NewTask(type=kind, input_data=seconds)] * count
    return client.enqueue_tasks(run_id=run_id, tasks=tasks).unwrap()


def new_run(client: Foreman, *, auto_complete: bool = True) -> str:
    return client.create_run(input_data=None, auto_complete=auto_complete).unwrap().id


def receive_counts(stack: Stack, url: str) -> list[int]:
    """How often each visible message was received, this look included; they stay visible."""
    found = queue_client(stack).receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    )
    return [int(each["Attributes"]["ApproximateReceiveCount"]) for each in found.get("Messages", [])]


def test_an_api_that_is_away_costs_no_task_anything(stack: Stack) -> None:
    with (
        proxy_to(stack.endpoint) as proxy,
        client_of(stack, "away") as near,
        client_of(stack, "away", proxy.endpoint) as behind,
        working(behind, {"nap": nap}),
    ):
        run_id = new_run(near)
        first = enqueue(near, run_id, CONCURRENCY, 1.0)
        await_true(lambda: near.get_task(first[-1].id).unwrap().status is TaskStatus.RUNNING, 10)
        proxy.away.set()  # what runs now ends without anybody to tell
        rest = enqueue(near, run_id, 20, 0.05)
        time.sleep(AWAY_S)
        counts = receive_counts(stack, near.settings.queues.task_queue_url)
        proxy.away.clear()
        assert proxy.refused > 0
        assert counts
        assert max(counts) <= 2  # the other messages were not even looked at
        assert near.wait_for_run(run_id, timeout_s=60).unwrap().status is RunStatus.COMPLETED
        tasks = all_tasks(near, run_id)
        assert len(tasks) == len(first) + len(rest)
        assert {(task.status, task.attempt, task.retry_count) for task in tasks} == {
            (TaskStatus.COMPLETED, 1, 0)
        }


def test_a_task_that_nobody_here_handles_stays_healthy_and_its_message_comes_back(stack: Stack) -> None:
    with client_of(stack, "strange") as client:
        run_id = new_run(client)
        with working(client, {"other": nap}):
            [task] = enqueue(client, run_id, 1, 0.0)
            began = time.monotonic()
            time.sleep(1)
            assert receive_counts(stack, client.settings.queues.task_queue_url) == []
            waiting = client.get_task(task.id).unwrap()
            assert (waiting.status, waiting.attempt) == (TaskStatus.QUEUED, 0)
        with working(client, {"nap": nap}):
            done = client.wait_for_task(task.id, timeout_s=HIDDEN_S + 15).unwrap()
        took = time.monotonic() - began
        assert (done.status, done.attempt, done.retry_count) == (TaskStatus.COMPLETED, 1, 0)
        assert HIDDEN_S - 2 < took < HIDDEN_S + 15


def test_an_idle_worker_starts_a_task_soon_after_its_record(stack: Stack) -> None:
    with client_of(stack, "idle") as client, working(client, {"nap": nap}):
        run_id = new_run(client, auto_complete=False)
        waited = []
        for _ in range(10):
            time.sleep(0.3)  # idle again
            [task] = enqueue(client, run_id, 1, 0.0)
            done = client.wait_for_task(task.id, timeout_s=20).unwrap()
            assert done.started_at is not None
            waited.append(done.started_at - done.created_at)
        print(f"from record to start: {sorted(waited)} ms")
        assert sorted(waited)[len(waited) // 2] < 2000


@pytest.mark.parametrize("cancelled", ["task", "run"])
def test_a_handler_learns_at_its_next_heartbeat_that_it_was_cancelled(stack: Stack, cancelled: str) -> None:
    begun, told = threading.Event(), threading.Event()

    def wait(_: Task, ctx: TaskContext) -> str:
        begun.set()
        ends_at = time.monotonic() + 20
        while not ctx.cancelled and time.monotonic() < ends_at:
            time.sleep(0.02)
        if ctx.cancelled:
            told.set()
        return "of nobody's interest"

    with client_of(stack, "cancel") as client, working(client, {"wait": wait}, lease_seconds=5):
        run_id = new_run(client)
        [task] = enqueue(client, run_id, 1, 0.0, "wait")
        assert begun.wait(10)
        if cancelled == "task":
            assert client.cancel_task(task.id).unwrap().status is TaskStatus.CANCELLED
        else:
            assert client.cancel_run(run_id).unwrap().status is RunStatus.CANCELLED
        assert told.wait(5)  # a heartbeat comes every third of the lease
        assert client.wait_for_run(run_id, timeout_s=20).unwrap().status is RunStatus.CANCELLED
    _, ended = stack.call("GET", f"/api/v1/tasks/{task.id}")
    assert (ended["status"], ended["attempt"], "outputData" in ended) == ("cancelled", 1, False)


def test_a_handler_in_a_process_has_the_whole_context(stack: Stack) -> None:
    handlers = Handlers({"leaf": leaf})
    handlers.task("share", process=True)(share)
    with client_of(stack, "process") as client:
        tasks: list[NewTask] = [
            {"ref": "leaf", "type": "leaf", "input_data": 0},
            {"ref": "share", "type": "share", "input_data": "written", "depends_on": ["leaf"]},
        ]
        run = client.create_run(input_data=None, tasks=tasks).unwrap()
        client.create_worker(handlers).run(burst=True)
        shared = client.get_task((run.task_ids or {})["share"]).unwrap()
        [child] = client.list_tasks(run_id=run.id, parent_task_id=shared.id).unwrap().data
        ended = client.get_run(run.id).unwrap()
    assert shared.output_data == {"note": "written", "child": child.id, "sum": 1}
    assert (ended.status, ended.completed_tasks) == (RunStatus.COMPLETED, 3)
