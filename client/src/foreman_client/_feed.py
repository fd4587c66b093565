"""Reading a result queue as steps that touch no network: what to ask of the queue next, and which event comes next.

So one description of receiving, acknowledging and giving back serves the blocking iterator and the async one.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Any, Final, TypeAlias, TypeVar

from foreman_client._retry import backoff_s
from foreman_client.operations.watching import ResultEvent, Watch
from foreman_client.worker.queue import QueueFaultError, Received, TaskQueue

T = TypeVar("T")

logger = logging.getLogger("foreman_client.results")

_MOST: Final = 10
_FIRST_BACKOFF_S: Final = 0.2
_LONGEST_BACKOFF_S: Final = 15.0
_ACKNOWLEDGE_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask this of the queue; be told what it answered, or its QueueFaultError."""

    question: Callable[[TaskQueue], Any]


@dataclass(frozen=True, slots=True)
class Pause:
    """Let this many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Restore:
    """The queue was deleted: have the service create it again. Whether that succeeds, the next receive will tell."""


QueueSteps: TypeAlias = Generator[Ask | Pause | Restore, Any, T]


def ask(queue: TaskQueue, question: Callable[[TaskQueue], Any]) -> Any:
    """What the queue answers, or its fault."""
    try:
        return question(queue)
    except QueueFaultError as fault:
        return fault


@dataclass(slots=True)
class Feed:
    """One iteration over a result queue. `wait_s` is the longest poll; `monotonic` is in seconds, `uniform` in [0, 1)."""

    watch: Watch
    wait_s: int
    monotonic: Callable[[], float] = time.monotonic
    uniform: Callable[[], float] = random.random
    _current: str | None = field(default=None, init=False)
    _ahead: deque[tuple[ResultEvent, str]] = field(default_factory=deque, init=False)
    _hidden_at: float = field(default=0.0, init=False)
    _given: int = field(default=0, init=False)
    _faults: int = field(default=0, init=False)
    _ends_at: float = field(default=inf, init=False)

    def __post_init__(self) -> None:
        if self.watch.timeout_s is not None:
            self._ends_at = self.monotonic() + self.watch.timeout_s

    def next_event(self) -> QueueSteps[ResultEvent | None]:
        """Acknowledge the event that was given last, and give the next; None: the iteration has ended."""
        yield from self._acknowledge()
        if self._given == self.watch.max_events or (self._given and self._left_s(inf) <= 0):
            return None
        gives_up_at = inf if self.watch.idle_s is None else self.monotonic() + self.watch.idle_s
        while not self._ahead:
            yield from self._receive(self._left_s(gives_up_at))
            if not self._ahead and self._left_s(gives_up_at) <= 0:
                return None
        yield from self._keep_hidden()
        event, self._current = self._ahead.popleft()
        self._given += 1
        return event

    def give_back(self) -> QueueSteps[None]:
        """Make what was not acknowledged visible again, for whoever asks next."""
        handles = [] if self._current is None else [self._current]
        handles += [handle for _, handle in self._ahead]
        self._current = None
        self._ahead.clear()
        if not handles:
            return
        answer = yield Ask(lambda queue: queue.hide([(handle, 0) for handle in handles]))
        if isinstance(answer, QueueFaultError):
            wait_s = 2 * self.watch.visibility_s
            logger.warning("%d events come back within %d s only: %s", len(handles), wait_s, answer)

    def _left_s(self, gives_up_at: float) -> float:
        return min(gives_up_at, self._ends_at) - self.monotonic()

    def _acknowledge(self) -> QueueSteps[None]:
        if self._current is not None:
            yield from self._delete([self._current])
            self._current = None

    def _delete(self, handles: Sequence[str]) -> QueueSteps[None]:
        for tries in range(_ACKNOWLEDGE_TRIES):
            answer = yield Ask(lambda queue: queue.delete(handles))
            if not isinstance(answer, QueueFaultError):
                return
            yield Pause(backoff_s(_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S, tries, self.uniform()))
        logger.warning("%d messages could not be deleted and come again: %s", len(handles), answer)

    def _receive(self, left_s: float) -> QueueSteps[None]:
        left_s = max(0.0, left_s)
        most = min(_MOST, (self.watch.max_events or inf) - self._given)
        # Half of the time is for the body of the first event, the other half until those behind it are hidden anew.
        hidden_s = 2 * self.watch.visibility_s
        wait_s = self.wait_s if left_s > self.wait_s else max(1, ceil(left_s))
        answer = yield Ask(lambda queue: queue.receive(int(most), wait_s, hidden_s))
        self._hidden_at = self.monotonic()
        if isinstance(answer, QueueFaultError):
            if not self._faults:
                logger.warning("the result queue cannot be read, will go on trying: %s", answer)
            if answer.missing:
                yield Restore()
            pause_s = backoff_s(_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S, self._faults, (1 + self.uniform()) / 2)
            self._faults += 1
            yield Pause(min(pause_s, left_s))
            return
        if self._faults:
            logger.info("the result queue can be read again after %d failures", self._faults)
        self._faults = 0
        yield from self._take_in(answer)

    def _take_in(self, messages: Sequence[Received]) -> QueueSteps[None]:
        strange: list[str] = []
        for message in messages:
            try:
                self._ahead.append((ResultEvent.model_validate_json(message.body), message.handle))
            except ValueError:
                strange.append(message.handle)
        if strange:
            # Whoever sent it, it would come back for two weeks and never be understood.
            logger.warning("%d messages of the result queue are no events and are deleted", len(strange))
            yield from self._delete(strange)

    def _keep_hidden(self) -> QueueSteps[None]:
        """Hide what waits for its turn for as long as at first, once half of that is gone."""
        if self.monotonic() - self._hidden_at < self.watch.visibility_s:
            return
        hidden_s = 2 * self.watch.visibility_s
        self._hidden_at = self.monotonic()
        handles = [handle for _, handle in self._ahead]
        answer = yield Ask(lambda queue: queue.hide([(handle, hidden_s) for handle in handles]))
        if isinstance(answer, QueueFaultError):
            logger.warning("%d events may come a second time: %s", len(handles), answer)
