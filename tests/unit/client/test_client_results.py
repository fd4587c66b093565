"""Events are acknowledged when the caller is done with them, come again when it is not, and nothing blocks the queue."""

import asyncio
import inspect
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from foreman_client import AsyncForeman, AsyncResults, Foreman, ResultEvent, Results
from foreman_client._feed import Feed
from foreman_client.operations import watching
from foreman_client.worker.queue import QueueFaultError, Received
from tests.unit.client.records import RUN_ID, task_id

FAULT = QueueFaultError("away")


def body(number: int, **changes: Any) -> str:
    event = {"event": "task.completed", "taskId": task_id(number), "runId": RUN_ID, "orgId": "acme"}
    return json.dumps(event | {"type": "work", "status": "completed", "at": number, "v": 1} | changes)


@dataclass
class MemoryQueue:
    """A queue whose messages are hidden by a clock of its own, which only sleeps and empty polls move."""

    bodies: list[str]
    faults: list[str] = field(default_factory=list)
    """The next calls that fail, by their names."""
    lost: bool = False
    """Whether somebody has deleted it."""
    now: float = 0.0
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    hidden_until: dict[str, float] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        self._call("receive", most, wait_s, visibility_s)
        there = [handle for handle in map(str, range(len(self.bodies))) if handle not in self.deleted]
        visible = [handle for handle in there if self.hidden_until.get(handle, 0.0) <= self.now][:most]
        self.hidden_until |= dict.fromkeys(visible, self.now + visibility_s)
        if not visible:
            self.now += wait_s
        return [Received(self.bodies[int(handle)], handle) for handle in visible]

    def delete(self, handles: Sequence[str]) -> None:
        self._call("delete", *handles)
        self.deleted += handles

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        self._call("hide", *seconds_by_handle)
        self.hidden_until |= {handle: self.now + seconds for handle, seconds in seconds_by_handle}

    def visible(self) -> list[str]:
        there = (handle for handle in map(str, range(len(self.bodies))) if handle not in self.deleted)
        return [handle for handle in there if self.hidden_until.get(handle, 0.0) <= self.now]

    def restore(self) -> None:
        self.calls.append(("restore",))
        self.lost = False

    async def restore_async(self) -> None:
        self.restore()

    def _call(self, *call: Any) -> None:
        self.calls.append(call)
        if self.lost:
            raise QueueFaultError("gone", missing=True)
        if self.faults and self.faults[0] == call[0]:
            self.faults.pop(0)
            raise FAULT


def events_of(queue: MemoryQueue, **asked: Any) -> Results:
    def sleep(seconds: float) -> None:
        queue.now += seconds

    return Results(lambda: queue, queue.restore, feed_of(queue, asked), sleep)


def async_events_of(queue: MemoryQueue, **asked: Any) -> AsyncResults:
    async def sleep(seconds: float) -> None:
        queue.now += seconds

    return AsyncResults(lambda: queue, queue.restore_async, feed_of(queue, asked), sleep)


def feed_of(queue: MemoryQueue, asked: dict[str, Any]) -> Callable[[], Feed]:
    watch = watching.results(**asked)
    return lambda: Feed(watch, 20, monotonic=lambda: queue.now, uniform=lambda: 1.0)


def drained(queue: MemoryQueue, **asked: Any) -> list[int]:
    return [event.at for event in events_of(queue, idle_s=1, **asked)]


def test_an_event_says_what_ended_and_how() -> None:
    ended = {"event": "run.failed", "status": "failed", "at": 7, "new": 1}
    run = json.dumps({"runId": RUN_ID, "orgId": "acme", "v": 1} | ended)
    first, second = events_of(MemoryQueue([body(1), run]), idle_s=0)
    assert isinstance(first, ResultEvent)
    assert (first.event, first.task_id, first.run_id) == ("task.completed", task_id(1), RUN_ID)
    assert (first.type, first.status, first.at) == ("work", "completed", 1)
    assert (second.event, second.task_id, second.type, second.status) == ("run.failed", None, None, "failed")


def test_an_event_is_acknowledged_when_the_next_is_asked_for_and_not_before() -> None:
    queue = MemoryQueue([body(1), body(2), body(3)])
    seen = [list(queue.deleted) for _ in events_of(queue, idle_s=1)]
    assert seen == [[], ["0"], ["0", "1"]]
    assert queue.deleted == ["0", "1", "2"]


class BodyError(Exception):
    """The body of a loop fails."""


def fail_at_2(queue: MemoryQueue) -> None:
    for event in events_of(queue):
        if event.at == 2:
            raise BodyError


async def fail_at_2_async(queue: MemoryQueue) -> None:
    async for event in async_events_of(queue):
        if event.at == 2:
            raise BodyError


def test_what_the_body_did_not_finish_comes_again_at_once() -> None:
    queue = MemoryQueue([body(n) for n in range(5)])
    with pytest.raises(BodyError):
        fail_at_2(queue)
    assert (queue.deleted, queue.visible()) == (["0", "1"], ["2", "3", "4"])
    for event in events_of(queue):
        if event.at == 3:
            break
    assert (queue.deleted, queue.visible()) == (["0", "1", "2"], ["3", "4"])
    assert drained(queue) == [3, 4]


def test_a_with_block_gives_back_what_an_iterator_that_outlives_its_loop_still_holds() -> None:
    queue = MemoryQueue([body(1), body(2)])
    with events_of(queue) as events:
        iterator = iter(events)
        next(iterator)
        assert queue.visible() == []
    assert queue.visible() == ["0", "1"]
    assert list(iterator) == []


def test_an_iteration_ends_after_so_many_events_and_fetches_no_more() -> None:
    queue = MemoryQueue([body(n) for n in range(5)])
    assert [event.at for event in events_of(queue, max_events=2)] == [0, 1]
    assert (queue.deleted, queue.visible()) == (["0", "1"], ["2", "3", "4"])
    assert queue.calls[0][:2] == ("receive", 2)


def test_an_iteration_ends_after_so_long_without_an_event() -> None:
    queue = MemoryQueue([body(1)])
    assert [event.at for event in events_of(queue, idle_s=50)] == [1]
    assert [call[2] for call in queue.calls if call[0] == "receive"] == [20, 20, 20, 10]


def test_an_iteration_ends_in_time_and_gives_back_what_it_has_not_come_to() -> None:
    queue = MemoryQueue([body(n) for n in range(5)])
    given: list[int] = []
    for event in events_of(queue, timeout_s=30):
        given.append(event.at)
        queue.now += 20
    assert (given, queue.deleted, queue.visible()) == ([0, 1], ["0", "1"], ["2", "3", "4"])


def test_one_look_is_allowed_to_whoever_has_no_time() -> None:
    for asked in ({"idle_s": 0}, {"timeout_s": 0}):
        assert [event.at for event in events_of(MemoryQueue([body(1)]), max_events=1, **asked)] == [1]
        assert list(events_of(MemoryQueue([]), **asked)) == []


@pytest.mark.parametrize(
    "strange", ["", "{", "[]", "null", "\ud800", body(1, event="task.melted"), body(1, at="1"), body(1, v=2)]
)
def test_what_is_no_event_is_told_and_deleted_and_blocks_nothing(
    strange: str, caplog: pytest.LogCaptureFixture
) -> None:
    queue = MemoryQueue([strange, body(2)])
    assert drained(queue) == [2]
    assert queue.deleted == ["0", "1"]
    assert [record.name for record in caplog.records] == ["foreman_client.results"]
    assert strange == "" or strange not in caplog.text


def test_a_queue_that_is_away_is_told_once_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    queue = MemoryQueue([body(1)], faults=["receive"] * 8)
    assert [event.at for event in events_of(queue, max_events=1)] == [1]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert queue.now == pytest.approx(0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 6.4 + 12.8 + 15)


def test_a_queue_that_stays_away_ends_an_iteration_that_may_be_idle_only_so_long() -> None:
    queue = MemoryQueue([body(1)], faults=["receive"] * 1000)
    assert list(events_of(queue, idle_s=60)) == []
    assert queue.now == pytest.approx(60)


def test_a_deleted_queue_is_asked_for_and_the_iteration_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    queue = MemoryQueue([body(1)], lost=True)
    assert [event.at for event in events_of(queue, max_events=1)] == [1]
    assert [call[0] for call in queue.calls] == ["receive", "restore", "receive", "delete"]
    assert len(caplog.records) == 1


def test_async_a_deleted_queue_is_asked_for_and_the_iteration_goes_on() -> None:
    async def main() -> list[int]:
        return [event.at async for event in async_events_of(queue, max_events=1)]

    queue = MemoryQueue([body(1)], lost=True)
    assert asyncio.run(main()) == [1]
    assert [call[0] for call in queue.calls] == ["receive", "restore", "receive", "delete"]


def test_an_acknowledgement_is_tried_again_and_then_left_to_the_next_delivery(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = MemoryQueue([body(1), body(2)], faults=["delete"] * 3)
    assert drained(queue, max_events=2) == [1, 2]
    assert queue.deleted == ["0", "1"]
    queue = MemoryQueue([body(1), body(2)], faults=["delete"] * 5)
    assert drained(queue, max_events=2) == [1, 2]
    assert queue.deleted == ["1"]
    assert "come again" in caplog.text


def test_events_that_wait_behind_a_slow_body_stay_hidden() -> None:
    queue = MemoryQueue([body(n) for n in range(5)])
    for event in events_of(queue, visibility_s=30, max_events=5):
        queue.now += 29
        assert queue.visible() == [], event.at
    assert len(queue.deleted) == 5
    quick = MemoryQueue([body(n) for n in range(5)])
    drained(quick)
    assert "hide" not in {call[0] for call in quick.calls}


def test_giving_back_may_fail_without_a_word_of_it_reaching_the_body(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = MemoryQueue([body(1)], faults=["receive", "hide"])
    for _ in events_of(queue):
        break
    assert "come back" in caplog.text


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"idle_s": "1"}, TypeError),
        ({"timeout_s": True}, TypeError),
        ({"max_events": 1.5}, TypeError),
        ({"visibility_s": None}, ValueError),
        ({"visibility_s": 0}, ValueError),
        ({"visibility_s": 21_601}, ValueError),
        ({"max_events": 0}, ValueError),
        ({"idle_s": -1}, ValueError),
        ({"timeout_s": float("nan")}, ValueError),
    ],
)
def test_wrong_arguments_raise_at_the_call(asked: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        watching.results(**asked)


def test_both_clients_take_the_same_and_say_the_same() -> None:
    ours, theirs = inspect.signature(Foreman.results), inspect.signature(AsyncForeman.results)
    assert ours.parameters == theirs.parameters
    assert Foreman.results.__doc__ == AsyncForeman.results.__doc__ == watching.results.__doc__
    assert (ours.return_annotation, theirs.return_annotation) == ("Results", "AsyncResults")
    assert {name for name in dir(Results) if name[0] != "_"} == {
        name for name in dir(AsyncResults) if name[0] != "_"
    }


def test_async_events_are_acknowledged_and_given_back_the_same_way() -> None:
    queue = MemoryQueue([body(n) for n in range(5)], faults=["receive", "receive"])

    async def main() -> None:
        with pytest.raises(BodyError):
            await fail_at_2_async(queue)
        async with asyncio.timeout(5):  # the event loop gives back what an abandoned iteration holds
            while queue.visible() != ["2", "3", "4"]:
                await asyncio.sleep(0.01)
        async with async_events_of(queue) as events:
            async for event in events:
                if event.at == 3:
                    break
        assert (queue.deleted, queue.visible()) == (["0", "1", "2"], ["3", "4"])
        assert [event.at async for event in async_events_of(queue, idle_s=1)] == [3, 4]

    asyncio.run(main())


def test_what_a_cancelled_poll_still_brings_is_given_back() -> None:
    class SlowQueue(MemoryQueue):
        def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
            received = super().receive(most, wait_s, visibility_s)
            polling.set()
            cancelled.wait(5)
            return received

    queue = SlowQueue([body(1), body(2)])

    async def first(events: AsyncIterator[ResultEvent]) -> None:
        await anext(events)

    async def main() -> None:
        waiting = asyncio.create_task(first(aiter(async_events_of(queue))))
        await asyncio.to_thread(polling.wait, 5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert queue.visible() == []
        cancelled.set()
        async with asyncio.timeout(5):
            while queue.visible() != ["0", "1"]:
                await asyncio.sleep(0.01)

    polling, cancelled = threading.Event(), threading.Event()
    asyncio.run(main())


def test_an_async_iteration_that_cannot_be_opened_says_why() -> None:
    def broken() -> MemoryQueue:
        raise LookupError("no such AWS profile")

    queue = MemoryQueue([])

    async def main() -> None:
        with pytest.raises(LookupError):
            await anext(aiter(AsyncResults(broken, queue.restore_async, feed_of(queue, {}))))

    asyncio.run(main())


def test_iterators_are_of_events() -> None:
    events: Iterator[ResultEvent] = iter(events_of(MemoryQueue([body(1)]), max_events=1))
    assert next(events).at == 1
