"""A clock that stands still until it is told to move."""

import threading


class ManualClock:
    """Epoch milliseconds that only `advance` and `set` change."""

    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        self._now_ms = now_ms
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        with self._lock:
            return self._now_ms

    def advance(self, ms: int) -> None:
        """Move by `ms` milliseconds; a negative number steps back, as real clocks do."""
        with self._lock:
            self._now_ms += ms

    def set(self, now_ms: int) -> None:
        """Move to an instant."""
        with self._lock:
            self._now_ms = now_ms
