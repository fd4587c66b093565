"""How a worker tells time and lets it pass: for real, or as a test kit says."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Waitable: TypeAlias = threading.Event | threading.Condition


def _wait(what: Waitable, seconds: float) -> bool:
    return what.wait(seconds)


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Pace:
    """`monotonic` is in seconds, `uniform` draws from [0, 1).

    `wait` lets at most so many seconds pass and answers whether the event, or condition, came; a condition is held by its
    caller. `freed` is told whenever a slot is given back.
    """

    monotonic: Callable[[], float] = time.monotonic
    uniform: Callable[[], float] = random.random
    wait: Callable[[Waitable, float], bool] = _wait
    freed: Callable[[], None] = _nothing


REAL = Pace()
