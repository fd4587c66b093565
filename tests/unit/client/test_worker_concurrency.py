"""How much runs at once: of everything, and of each type; and on how few threads."""

import asyncio
import threading
from collections import deque
from typing import Any

import pytest

from foreman_client import Handlers
from foreman_contract.enums import Priority
from tests.unit.client.stub_worker import FakeApi, FakeQueue, message, until, won, worker_on, working


def test_a_thousand_coroutines_run_at_once_on_a_few_threads() -> None:
    together, threads, inside = asyncio.Event(), 0, 0

    async def handler(task: Any) -> None:
        nonlocal inside, threads
        inside += 1
        if inside == 1000:
            threads = threading.active_count()
            together.set()
        await together.wait()

    with working({"work": handler}, concurrency=1000) as bench:
        before = threading.active_count()
        bench.queue.put(*map(message, range(1, 1001)))
        until(lambda: len(bench.queue.deleted) == 1000, 20)
    assert threads <= before + 2


def test_threads_are_started_when_they_are_needed_and_used_again() -> None:
    with working({"work": lambda task: None}, concurrency=100) as bench:
        before = threading.active_count()
        for number in range(1, 30):
            bench.queue.put(message(number))
            until(lambda number=number: len(bench.queue.deleted) == number)  # type: ignore[misc]
        assert threading.active_count() <= before + 2


def test_a_coroutine_is_cancelled_when_its_attempt_is_over_and_its_slot_is_free_again() -> None:
    ended = threading.Event()

    async def handler(task: Any) -> None:
        if task.input_data["n"] == 1:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

    over = {1: {"outcome": "cancelled", "message": "delete"}}
    api = FakeApi(on_claim=deque([{1: won(1, seconds=0)}]), on_heartbeat=deque([over]))
    with working({"work": handler}, api=api, concurrency=1) as bench:
        bench.queue.put(message(1))
        assert ended.wait(3)
        bench.queue.put(message(2))
        until(lambda: "handle-2" in bench.queue.deleted)
    assert list(api.reported()) == [2]


class Gauge:
    """A handler that notes how many of it run at once, and lets them go when it is told to."""

    def __init__(self) -> None:
        self.most = self.inside = 0
        self.go = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, task: Any) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.go.wait(3)
        with self._lock:
            self.inside -= 1


def test_a_full_type_is_hidden_unclaimed_and_does_not_hold_up_others() -> None:
    narrow, wide = Gauge(), Gauge()
    wide.go.set()
    kinds = {1: "narrow", 2: "narrow", 3: "narrow", 6: "wide"}
    records = {number: won(number, type=kind) for number, kind in kinds.items()}
    handlers = {"narrow": narrow, "wide": wide}
    api = FakeApi(on_claim=deque([records, records]))
    with working(handlers, api=api, concurrency_by_type={"narrow": 2}) as bench:
        bench.queue.put(*(message(number, "narrow") for number in range(1, 6)), message(6, "wide"))
        until(lambda: bench.queue.deleted == ["handle-6"])
        assert bench.queue.hidden == [(f"handle-{number}", 5) for number in (3, 4, 5)]
        assert bench.worker.status().running == {"narrow": 2}
        assert sorted(number for _, numbers in bench.api.claims for number in numbers) == [1, 2, 6]
        narrow.go.set()
        until(lambda: len(bench.queue.deleted) == 3)
        bench.queue.put(message(3, "narrow"))
        until(lambda: "handle-3" in bench.queue.deleted)
    assert narrow.most == 2


def test_a_message_that_was_received_often_stays_away_longer() -> None:
    gauge = Gauge()
    handlers = Handlers()
    handlers.task("work", concurrency=1)(gauge)
    with working(handlers) as bench:
        bench.queue.put(message(1))
        until(lambda: gauge.inside)
        for number, receives in enumerate((9, 10, 35, 99), start=2):
            bench.queue.put(message(number, receives=receives))
        until(lambda: len(bench.queue.hidden) == 4)
        gauge.go.set()
    assert [seconds for _, seconds in bench.queue.hidden] == [5, 10, 40, 300]


def test_looking_past_full_types_is_paced() -> None:
    gauge = Gauge()
    with working({"work": gauge}, concurrency_by_type={"work": 1}) as bench:
        bench.queue.put(message(1))
        until(lambda: gauge.inside)
        bench.queue.put(*map(message, range(2, 502)))
        until(lambda: len(bench.queue.hidden) >= 20)
        receives = len(bench.queue.receives)
        assert receives <= 2 + len(bench.queue.hidden) / 9
        gauge.go.set()


def test_a_task_that_is_not_won_leaves_its_type() -> None:
    api = FakeApi(on_claim=deque([{1: {"outcome": "ended", "message": "delete"}}] * 3))
    with working({"work": lambda task: None}, api=api, concurrency_by_type={"work": 1}) as bench:
        for _ in range(3):
            bench.queue.put(message(1))
            until(lambda: not bench.queue.waiting)
        bench.queue.put(message(2))
        until(lambda: "handle-2" in bench.queue.deleted)


def test_a_bound_on_a_type_without_a_handler_is_refused_at_the_start() -> None:
    worker = worker_on(
        {"work": print}, FakeApi(), {Priority.NORMAL: FakeQueue()}, concurrency_by_type={"wrok": 1}
    )
    with pytest.raises(ValueError, match="'wrok', which has no handler"):
        worker.start()
