"""What one request or event may take, and what it has used: known to everything that works for it, in every thread.

It is a context variable, because the local stack serves many requests in one process.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.measures import Measures

REQUEST_BUDGET_S: Final = 18.0
"""No attempt of an AWS call begins later in a request. One takes at most 6 s more (1 s to connect, 5 s to read), or 8 where each
of eight addresses refuses to connect; so the answer comes before API Gateway stops waiting.

Source: API Gateway quotas, integration timeout 29 s.
"""
EVENT_BUDGET_S: Final = 50.0
"""The same for an event, whose function ends after 60 s (.chalice/config.json)."""


class Invocation:
    """One request or event under way."""

    def __init__(self, budget_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self._budget_s = budget_s
        self._lock = threading.Lock()
        self.read_units = 0.0
        self.write_units = 0.0
        self.throttles = 0
        self.measures = Measures()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return self._now() - self._began

    def require_time(self) -> None:
        """Return while there is time for one more attempt of an AWS call.

        Raises:
            UnavailableError: the budget is spent.
        """
        if self.elapsed_s >= self._budget_s:
            raise UnavailableError("AWS took too long to answer.")

    def consumed(self, read_units: float, write_units: float) -> None:
        """Add what DynamoDB says that a call consumed."""
        with self._lock:
            self.read_units += read_units
            self.write_units += write_units

    def throttled(self) -> None:
        """Note that AWS throttled an attempt of a call."""
        with self._lock:
            self.throttles += 1

    def count(self, measures: Measures) -> None:
        """Add what a write of tasks meant."""
        with self._lock:
            self.measures += measures


_current: Final[ContextVar[Invocation | None]] = ContextVar("invocation", default=None)


@contextmanager
def invoked(budget_s: float, now: Callable[[], float] = time.monotonic) -> Iterator[Invocation]:
    """An invocation that is the current one inside the block; `now` tells monotonic seconds."""
    invocation = Invocation(budget_s, now)
    token = _current.set(invocation)
    try:
        yield invocation
    finally:
        _current.reset(token)


def current() -> Invocation | None:
    """The invocation that this code works for; None for an operator's command."""
    return _current.get()


class InvocationMeter:
    """Meter: counts for whichever invocation is under way."""

    def count(self, measures: Measures) -> None:
        """Add to the current invocation."""
        invocation = current()
        if invocation is not None:
            invocation.count(measures)
