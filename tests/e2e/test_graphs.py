"""Wide and deep graphs on a real stack: 5,000 tasks between one root and one end, and beside them a chain of 500.

So many in the nightly profile; fewer in the suite.
"""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx

from foreman_client import Foreman, NewTask, Run, RunStatus, Task, TaskStatus
from tests.e2e.processes import Stack, await_true
from tests.e2e.workers import (
    HANDLERS,
    Nappers,
    all_tasks,
    client_of,
    config_of,
    queue_client,
    queues_to_be_emptied,
)
from tests.nightly import sized

LEAVES = sized(5000, 800)
JOINED = sized(50, 20)
"""As many dependencies as a task may have."""
CHAIN = sized(500, 100)
WORKERS = [20]
"""The concurrency of each worker."""
STEPPERS = [1, 1, 1]
"""The emulated SQS looks for new messages ten times a second: of several that wait, one is told sooner."""
KILLED_LEAVES = 200
WITHIN_S = 300
"""Far more than it takes where nothing else runs; a busy machine may need it."""


def fan(leaves: int, seconds: float = 0.0) -> list[NewTask]:
    """One root, behind it the leaves, and joins of at most 50 until there is one."""
    tasks = [NewTask(type="leaf", input_data=None, ref="root")]
    level = []
    for first in range(0, leaves, JOINED):
        refs = [f"leaf-{first + n}" for n in range(JOINED)]
        tasks += [NewTask(type="leaf", input_data=seconds, ref=ref, depends_on=["root"]) for ref in refs]
        level.append(f"join-{first}")
        tasks.append(NewTask(type="join", input_data=None, ref=level[-1], depends_on=refs))
    while len(level) > 1:
        groups = [level[first : first + JOINED] for first in range(0, len(level), JOINED)]
        level = [f"all-{group[0]}" for group in groups]
        tasks += [
            NewTask(type="join", input_data=None, ref=ref, depends_on=group)
            for ref, group in zip(level, groups, strict=True)
        ]
    return tasks


def chain() -> list[NewTask]:
    first = NewTask(type="step", input_data=None, ref="0")
    rest = [
        NewTask(type="step", input_data=None, ref=str(n), depends_on=[str(n - 1)]) for n in range(1, CHAIN)
    ]
    return [first, *rest]


@contextlib.contextmanager
def counting(client: Foreman) -> Iterator[Counter[str]]:
    """How often the client asks what of the service."""
    asked: Counter[str] = Counter()
    lock = threading.Lock()

    def count(request: httpx.Request) -> None:
        with lock:
            asked[request.url.path.rsplit("/", 1)[-1]] += 1

    client.session.connections.client().event_hooks = {"request": [count]}
    yield asked
    client.session.connections.client().event_hooks = {}


@contextlib.contextmanager
def working(client: Foreman, concurrencies: list[int]) -> Iterator[None]:
    workers = [client.create_worker(HANDLERS, concurrency=each) for each in concurrencies]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop(5)


def new_run(client: Foreman, tasks: list[NewTask]) -> tuple[str, list[Task]]:
    run_id = client.create_run(input_data=None, auto_complete=True).unwrap().id
    return run_id, client.enqueue_tasks(run_id=run_id, tasks=tasks).unwrap()


def ended(client: Foreman, run_id: str) -> Run:
    return client.wait_for_run(run_id, timeout_s=WITHIN_S).unwrap()


def assert_completed(client: Foreman, run: Run, count: int) -> dict[str, Any]:
    """Every task once; the outputs by id."""
    assert (run.status, run.total_tasks, run.completed_tasks) == (RunStatus.COMPLETED, count, count)
    assert (run.pending_tasks, run.failed_tasks, run.cancelled_tasks) == (0, 0, 0)
    tasks = all_tasks(client, run.id)
    assert len(tasks) == count
    assert {task.status for task in tasks} == {TaskStatus.COMPLETED}
    return {task.id: task.output_data for task in tasks}


def test_a_wide_graph_and_a_deep_one_complete_side_by_side(stack: Stack) -> None:
    # Each has a queue of its own: the emulated SQS is not fair, and would show the chain's next message behind 5,000 others.
    with client_of(stack, "wide") as wide, client_of(stack, "deep") as deep:
        began = time.monotonic()
        wide_id, wide_tasks = new_run(wide, fan(LEAVES))
        deep_id, deep_tasks = new_run(deep, chain())
        created = time.monotonic()
        with counting(wide) as asked, working(wide, WORKERS), working(deep, STEPPERS):
            wide_run = ended(wide, wide_id)
            wide_s = time.monotonic() - created
            deep_run = ended(deep, deep_id)
            deep_s = time.monotonic() - created
            assert_nothing_left(stack, wide, deep)
        print(
            f"{len(wide_tasks)} + {len(deep_tasks)} tasks: created in {created - began:.1f} s, "
            f"wide in {wide_s:.1f} s, deep in {deep_s:.1f} s; "
            f"{sum(asked.values()) / len(wide_tasks):.2f} requests a task: {dict(asked.most_common(4))}"
        )
        outputs = assert_completed(wide, wide_run, len(wide_tasks))
        assert outputs[wide_tasks[-1].id] == LEAVES
        joins = {JOINED: LEAVES // JOINED, LEAVES // 2: 2, LEAVES: 1}
        assert Counter(outputs.values()) == {1: LEAVES + 1, **joins}
        outputs = assert_completed(deep, deep_run, len(deep_tasks))
        assert [outputs[task.id] for task in deep_tasks] == list(range(1, CHAIN + 1))


def test_a_worker_that_is_killed_in_the_middle_of_a_fan_out_costs_no_task(stack: Stack) -> None:
    with client_of(stack, "killed") as client, Nappers(config_of(stack, "killed"), 5, 5) as workers:
        run_id, tasks = new_run(client, fan(KILLED_LEAVES, 0.1))
        for _ in range(2):
            workers.start()
        await_true(lambda: client.get_run(run_id).unwrap().completed_tasks > KILLED_LEAVES // 4, 30)
        workers.kill_oldest()
        run = ended(client, run_id)
        assert (run.status, run.completed_tasks) == (RunStatus.COMPLETED, len(tasks))
        assert client.get_task(tasks[-1].id).unwrap().output_data == KILLED_LEAVES
        assert_nothing_left(stack, client)


def assert_nothing_left(stack: Stack, *clients: Foreman) -> None:
    """Nothing waits or is in flight. A few delayed messages may be left on task queues, for which there is nothing to do.

    They are those of tasks that were claimed in the moment between their message and their release: in case that was the last.
    """
    sqs = queue_client(stack)
    for url in {url for client in clients for url in queues_to_be_emptied(sqs, client)}:
        await_true(partial(_is_quiet, sqs, url), 60)


def _is_quiet(sqs: Any, url: str) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return not any(int(found[name]) for name in names)
