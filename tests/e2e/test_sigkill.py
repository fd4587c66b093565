"""Workers that are killed while they work: nothing is lost, nothing is recorded twice."""

import random
import time
from collections import Counter

from foreman_client import Foreman, NewTask, RunStatus, TaskStatus
from tests.e2e.processes import Stack, await_true
from tests.e2e.workers import (
    Nappers,
    all_tasks,
    client_of,
    events_of,
    left_on,
    queue_client,
    queues_to_be_emptied,
)
from tests.nightly import sized

TASKS = sized(300, 120)
WORKERS = 3
KILLS = sized(25, 8)
MOST_KILLS = sized(40, 12)
"""Kept up to the very end it would take longer and show nothing more: the emulator feeds dead workers' polls."""
WITHIN_S = 180


def test_tasks_outlive_their_workers(stack: Stack) -> None:
    began = time.monotonic()
    with client_of(stack, "sigkill") as client:
        run_id = client.create_run(input_data=None, auto_complete=True).unwrap().id
        naps = random.Random(7)
        tasks = [NewTask(type="nap", input_data=naps.uniform(0.2, 1), max_retries=10) for _ in range(TASKS)]
        made = client.enqueue_tasks(run_id=run_id, tasks=tasks).unwrap()
        with Nappers(client.config, concurrency=4, lease_seconds=5) as workers:
            for _ in range(WORKERS):
                workers.start()
            kills = kill_one_each_second(client, run_id, workers)
            await_true(lambda: not is_open(client, run_id), began + WITHIN_S - time.monotonic())
            took = time.monotonic() - began
            sqs = queue_client(stack)
            urls = queues_to_be_emptied(sqs, client)
            left_s = began + WITHIN_S - time.monotonic()
            await_true(lambda: not any(left_on(sqs, url) for url in urls), left_s)
        attempts = check_run(client, run_id, {task.id for task in made})
        print(f"{kills} kills; attempts {sorted(attempts.items())}; {took:.0f} s")
        assert kills >= KILLS
        assert max(attempts) > 1
        told = Counter(event.get("taskId") for event in events_of(sqs, client))
        assert set(told) == {None, *(task.id for task in made)}


def kill_one_each_second(client: Foreman, run_id: str, workers: Nappers) -> int:
    """Kill and replace workers while the run is open; how many were killed while its tasks ran."""
    next_at = time.monotonic() + 1
    for kills in range(MOST_KILLS):
        time.sleep(max(0.0, next_at - time.monotonic()))
        next_at += 1
        if not is_open(client, run_id):
            return kills
        workers.kill_oldest()
        workers.start()
    return MOST_KILLS


def is_open(client: Foreman, run_id: str) -> bool:
    return client.get_run(run_id).unwrap().status in (RunStatus.PENDING, RunStatus.RUNNING)


def check_run(client: Foreman, run_id: str, made: set[str]) -> Counter[int]:
    """Every task is completed by its last attempt and counted once; how many took how many attempts."""
    run, tasks = client.get_run(run_id).unwrap(), all_tasks(client, run_id)
    assert {task.id for task in tasks} == made
    assert {task.status for task in tasks} == {TaskStatus.COMPLETED}
    assert (run.status, run.total_tasks, run.completed_tasks) == (RunStatus.COMPLETED, TASKS, TASKS)
    assert (run.failed_tasks, run.cancelled_tasks, run.pending_tasks) == (0, 0, 0)
    for task in tasks:
        assert client.get_task(task.id).unwrap().output_data == {"attempt": task.attempt}
    return Counter(task.attempt for task in tasks)
