"""What `Foreman.results` returns: the events of the result queue, each acknowledged once the caller is done with it."""

import time
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from types import TracebackType
from typing import Self, TypeVar
from weakref import WeakSet

from foreman_client._feed import Ask, Feed, Pause, QueueSteps, ask
from foreman_client.operations.watching import ResultEvent
from foreman_client.worker.queue import TaskQueue

T = TypeVar("T")


class Results:
    """Events to iterate over; see `Foreman.results`. Every iteration is one of its own, with its own limits.

    `with client.results() as events:` gives back at the end of the block whatever was not acknowledged.
    """

    def __init__(
        self,
        connect: Callable[[], TaskQueue],
        restore: Callable[[], object],
        feed: Callable[[], Feed],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connect = connect
        self._restore = restore
        self._feed = feed
        self._sleep = sleep
        self._open: WeakSet[Generator[ResultEvent, None, None]] = WeakSet()

    def __iter__(self) -> Iterator[ResultEvent]:
        """The events; asking for the next acknowledges the one before."""
        events = self._events()
        self._open.add(events)
        return events

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for events in list(self._open):
            events.close()

    @cached_property
    def _queue(self) -> TaskQueue:
        return self._connect()

    def _events(self) -> Generator[ResultEvent, None, None]:
        feed = self._feed()
        try:
            while (event := self._run(feed.next_event())) is not None:
                yield event
        finally:
            self._run(feed.give_back())

    def _run(self, steps: QueueSteps[T]) -> T:
        reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            if isinstance(step, Ask):
                reply = ask(self._queue, step.question)
                continue
            reply = None
            if isinstance(step, Pause):
                self._sleep(step.seconds)
            else:
                self._restore()
