"""A worker of three queues: which it looks at, where each message goes back to, and what it costs to be idle."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from foreman_client import Handler
from foreman_client.worker import Worker
from foreman_client.worker.queue import QueueFaultError
from foreman_contract.enums import Priority
from tests.unit.client.stub_worker import FakeApi, FakeQueue, message, number_of, until, worker_on

HIGH, NORMAL, LOW = Priority


@dataclass
class Three:
    """A started worker of several queues."""

    worker: Worker
    api: FakeApi
    queues: dict[Priority, FakeQueue]
    started: list[int] = field(default_factory=list)

    def deleted(self) -> int:
        return sum(len(queue.deleted) for queue in self.queues.values())


@contextmanager
def three(
    handler: Handler, concurrency: int, priorities: Sequence[Priority] = tuple(Priority), **backlog: int
) -> Iterator[Three]:
    """Backlogs by priority; numbers of high tasks begin at 1, of normal at 1001, of low at 2001."""
    api, queues = FakeApi(), {priority: FakeQueue() for priority in priorities}
    for base, (priority, queue) in enumerate(queues.items()):
        queue.put(*(message(base * 1000 + n) for n in range(1, backlog.get(priority, 0) + 1)))
    worker = worker_on({"work": handler}, api, queues, concurrency=concurrency)
    worker.start()
    try:
        yield Three(worker, api, queues)
    finally:
        worker.stop(0.0)
        for queue in queues.values():
            queue.close()


def nothing(task: Any) -> None:
    """Ends at once."""


def claimed(bench: Three) -> list[int]:
    return [number for _, numbers in bench.api.claims for number in numbers]


@pytest.mark.parametrize("concurrency", [1, 10, 100])
def test_with_a_backlog_of_each_high_is_first_and_one_in_twenty_is_low(concurrency: int) -> None:
    with three(nothing, concurrency, high=60, normal=200, low=40) as bench:
        until(lambda: bench.deleted() == 300, 10)
        order = claimed(bench)
    # The first round may find several long polls open, each of which brings one.
    steady = order[3:]
    high_left = [number < 1000 for number in steady]
    until_no_high = steady[: len(high_left) - high_left[::-1].index(True)]
    assert sum(number < 1000 for number in until_no_high) >= len(until_no_high) * 0.8
    while_normal = steady[: max(at for at, number in enumerate(steady) if 1000 < number < 2000)]
    windows = [while_normal[at : at + 20] for at in range(len(while_normal) - 19)]
    assert all(any(number > 2000 for number in window) for window in windows)


@pytest.mark.parametrize("concurrency", [1, 10])
def test_a_new_high_task_is_among_the_next_ten_started(concurrency: int) -> None:
    bench: Three

    def handler(task: Any) -> None:
        if number_of(task.id) == 1100:
            come.append(len(bench.api.claims))
            bench.queues[HIGH].put(message(1))

    come: list[int] = []
    with three(handler, concurrency, normal=300) as bench:
        until(lambda: bench.queues[HIGH].deleted, 10)
        order = claimed(bench)
    # What was claimed in the same call as the task that made it, and one call under way, come before it at most.
    before = sum(len(numbers) for _, numbers in bench.api.claims[: come[0]])
    assert order.index(1) - before < 10


def test_messages_are_deleted_and_hidden_on_the_queue_they_came_from() -> None:
    with three(nothing, 10, high=2, normal=3, low=4) as bench:
        until(lambda: bench.deleted() == 9)
        counts = {priority: len(queue.deleted) for priority, queue in bench.queues.items()}
    assert counts == {HIGH: 2, NORMAL: 3, LOW: 4}


def test_an_idle_worker_keeps_one_long_poll_open_per_queue_and_looks_no_more() -> None:
    with three(nothing, 10) as bench:
        until(lambda: all((1, 20, 65) in queue.receives for queue in bench.queues.values()))
        time.sleep(0.05)
        waits = [[wait_s for _, wait_s, _ in queue.receives] for queue in bench.queues.values()]
        assert waits == [[0, 20]] * 3


def test_an_idle_worker_hears_of_each_queue_at_once() -> None:
    # More slots than one round of looks takes: a message that finds none goes back, and this queue has it only once.
    with three(nothing, 20) as bench:
        for number, queue in enumerate(bench.queues.values(), start=1):
            until(lambda: all(queue.receives for queue in bench.queues.values()))
            queue.put(message(number))
            until(lambda queue=queue: queue.deleted)  # type: ignore[misc]


def test_what_an_open_poll_brings_to_a_worker_that_is_full_goes_back_at_once() -> None:
    go, running = threading.Event(), threading.Event()

    def handler(task: Any) -> None:
        running.set()
        go.wait(3)

    with three(handler, 1) as bench:
        until(lambda: all((1, 20, 65) in queue.receives for queue in bench.queues.values()))
        bench.queues[NORMAL].put(message(1))
        assert running.wait(3)
        bench.queues[HIGH].put(message(2))
        until(lambda: bench.queues[HIGH].hidden == [("handle-2", 0)])
        bench.queues[HIGH].put(message(2))
        go.set()
        until(lambda: bench.queues[HIGH].deleted == ["handle-2"])
    assert claimed(bench) == [1, 2]


def test_a_worker_takes_in_only_the_priorities_it_is_told() -> None:
    with three(nothing, 4, priorities=[HIGH, NORMAL], high=3, normal=3) as bench:
        until(lambda: bench.deleted() == 6)


def test_a_queue_that_fails_does_not_hold_up_the_others() -> None:
    with three(nothing, 4) as bench:
        high, normal = bench.queues[HIGH], bench.queues[NORMAL]
        high.fail_with(*[QueueFaultError("gone")] * 10_000)
        normal.put(*map(message, range(1, 41)))
        until(lambda: len(normal.deleted) == 40)
        until(lambda: "receiving messages of priority high" in bench.worker.status().failures)
        high.fail_with()
        high.put(message(50))
        until(lambda: high.deleted == ["handle-50"])
