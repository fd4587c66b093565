"""A burst: work until nothing is left, then return."""

import signal
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from foreman_client import Handler
from foreman_client.worker.queue import QueueFaultError
from foreman_contract.enums import Priority
from tests.unit.client.stub_worker import AWAY, FakeApi, FakeQueue, message, worker_on


def burst(
    handler: Handler,
    *numbers: int,
    api: FakeApi | None = None,
    priorities: Sequence[Priority] = tuple(Priority),
) -> tuple[FakeApi, dict[Priority, FakeQueue]]:
    """What is left of the counterparts of a worker that has run in a burst."""
    api, queues = api or FakeApi(), {priority: FakeQueue() for priority in priorities}
    queues[priorities[-1]].put(*map(message, numbers))
    worker_on({"work": handler}, api, queues, concurrency=3).run(burst=True)
    return api, queues


@pytest.mark.parametrize("priorities", [tuple(Priority), (Priority.NORMAL,)])
def test_it_ends_when_everything_is_done_and_reported(priorities: Sequence[Priority]) -> None:
    api, queues = burst(lambda task: None, *range(1, 30), priorities=priorities)
    assert sorted(api.reported()) == list(range(1, 30))
    assert len(queues[priorities[-1]].deleted) == 29
    assert all(wait_s <= 1 for queue in queues.values() for _, wait_s, _ in queue.receives)


def test_it_waits_for_what_handlers_enqueue() -> None:
    queues = {Priority.NORMAL: FakeQueue()}
    api = FakeApi()

    def handler(task: Any) -> None:
        number = task.input_data["n"]
        if number < 5:
            threading.Event().wait(0.02)
            queues[Priority.NORMAL].put(message(number + 1))

    queues[Priority.NORMAL].put(message(1))
    worker_on({"work": handler}, api, queues, concurrency=3).run(burst=True)
    assert sorted(api.reported()) == [1, 2, 3, 4, 5]


def test_it_waits_for_a_task_whose_record_comes_behind_its_message() -> None:
    unknown = {1: {"outcome": "unknown", "message": "hide", "seconds": 5}}
    api, _ = burst(lambda task: None, 1, api=FakeApi(on_claim=deque([unknown, unknown])))
    assert sorted(api.reported()) == [1]


def test_nothing_to_do_is_done_at_once() -> None:
    api, _ = burst(lambda task: None)
    assert api.claims == []


def test_a_service_that_is_away_and_a_queue_that_fails_are_not_mistaken_for_the_end() -> None:
    queue = FakeQueue(faults=deque([QueueFaultError("away")] * 5))
    queue.put(message(1))
    api = FakeApi(on_claim=deque([AWAY] * 3), on_report=deque([AWAY] * 3))
    worker_on({"work": lambda task: None}, api, {Priority.NORMAL: queue}).run(burst=True)
    assert queue.deleted == ["handle-1"]


def test_signals_are_heard_and_handed_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    queue = FakeQueue()
    queue.put(*map(message, range(1, 1000)))
    api = FakeApi()

    threading.Timer(0.1, signal.pthread_kill, [threading.main_thread().ident, signal.SIGTERM]).start()
    worker_on({"work": lambda task: threading.Event().wait(0.01)}, api, {Priority.NORMAL: queue}).run(
        burst=True
    )
    assert len(queue.deleted) < 999
    assert signal.getsignal(signal.SIGTERM) is before
