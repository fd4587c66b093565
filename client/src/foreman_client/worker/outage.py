"""One line in the log when something stops working and one when it works again, however often it is tried."""

import logging
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from foreman_client._retry import backoff_s
from foreman_client.worker.options import Timing

_FRAMES: Final = 8
logger = logging.getLogger("foreman_client.worker")


def where(error: BaseException) -> str:
    """The type of an unexpected error and where it came from. What it says may quote a payload, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(
        [type(error).__name__, *(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))]
    )


@dataclass(slots=True)
class Outage:
    """The failures in a row of one activity, and how long to pause before the next try."""

    what: str
    timing: Timing
    uniform: Callable[[], float] = random.random
    monotonic: Callable[[], float] = time.monotonic
    failures: int = field(default=0, init=False)
    succeeded_at: float | None = field(default=None, init=False)
    """Monotonic seconds of the last success."""

    def failed(self, error: Exception) -> float:
        """Note a failure; the pause before the next try, in seconds. Never zero: half is fixed, half is jitter."""
        if not self.failures:
            logger.warning("%s fails, will go on trying: %s", self.what, error)
        spread = backoff_s(
            self.timing.first_backoff_s, self.timing.longest_backoff_s, self.failures, self.uniform()
        )
        steady = backoff_s(self.timing.first_backoff_s, self.timing.longest_backoff_s, self.failures, 1.0)
        self.failures += 1
        return (spread + steady) / 2

    def recovered(self) -> None:
        """Note a success."""
        if self.failures:
            logger.info("%s works again after %d failures", self.what, self.failures)
        self.failures = 0
        self.succeeded_at = self.monotonic()
