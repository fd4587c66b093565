"""The queue in memory keeps delay, visibility, receipts and dead letters as SQS does."""

import pytest

from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.queue import MAX_HIDDEN_MS, MAX_RECEIVES, MemoryQueue


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1000)


@pytest.fixture
def queue(clock: ManualClock) -> MemoryQueue[str]:
    return MemoryQueue(clock)


def bodies(queue: MemoryQueue[str], limit: int = 10, visibility_ms: int = 30_000) -> list[str]:
    return [message.body for message in queue.receive(limit, visibility_ms)]


def test_messages_come_when_they_are_visible_in_that_order(
    queue: MemoryQueue[str], clock: ManualClock
) -> None:
    queue.send("late", 500)
    queue.send("a")
    queue.send("b")
    assert queue.next_visible_ms() == 1000
    assert bodies(queue) == ["a", "b"]
    assert queue.next_visible_ms() == 1500
    clock.advance(499)
    assert bodies(queue) == []
    clock.advance(1)
    assert bodies(queue) == ["late"]


def test_a_limit_leaves_the_rest(queue: MemoryQueue[str]) -> None:
    for number in range(12):
        queue.send(str(number))
    assert len(bodies(queue, 10)) == 10
    assert bodies(queue, 10) == ["10", "11"]


def test_what_is_not_deleted_comes_back_with_another_receipt(
    queue: MemoryQueue[str], clock: ManualClock
) -> None:
    queue.send("a")
    [first] = queue.receive(10, 100)
    clock.advance(100)
    [second] = queue.receive(10, 100)
    assert (first.receive_count, second.receive_count) == (1, 2)
    assert not queue.delete(first.receipt)
    assert queue.delete(second.receipt)
    assert not queue.delete(second.receipt)
    assert queue.bodies() == []


def test_a_receipt_outlives_its_visibility_until_the_next_receive(
    queue: MemoryQueue[str], clock: ManualClock
) -> None:
    queue.send("a")
    [message] = queue.receive(10, 100)
    clock.advance(1000)
    assert not queue.hide(message.receipt, 100)
    assert queue.delete(message.receipt)


def test_hiding_counts_from_now_and_zero_shows_at_once(queue: MemoryQueue[str], clock: ManualClock) -> None:
    queue.send("a")
    [message] = queue.receive(10, 100)
    clock.advance(50)
    assert queue.hide(message.receipt, 200)
    clock.advance(199)
    assert bodies(queue) == []
    assert queue.hide(message.receipt, 0)
    assert bodies(queue) == ["a"]


def test_nothing_hides_a_message_beyond_twelve_hours(queue: MemoryQueue[str], clock: ManualClock) -> None:
    queue.send("a")
    [message] = queue.receive(10, 2 * MAX_HIDDEN_MS)
    clock.advance(MAX_HIDDEN_MS - 1)
    assert queue.hide(message.receipt, 1000)
    assert bodies(queue) == []
    clock.advance(1)
    assert bodies(queue) == ["a"]


def test_a_message_that_nobody_deletes_becomes_a_dead_letter(queue: MemoryQueue[str]) -> None:
    queue.send("poison")
    assert [bodies(queue, visibility_ms=0) for _ in range(MAX_RECEIVES)] == [["poison"]] * MAX_RECEIVES
    assert bodies(queue) == []
    assert queue.take_dead() == ["poison"]
    assert queue.take_dead() == []
