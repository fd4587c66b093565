"""A meter that remembers."""

import threading

from foreman_engine.domain.measures import Measures


class MemoryMeter:
    """Meter. `total` is everything since it was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = Measures()

    @property
    def total(self) -> Measures:
        """Everything that was counted."""
        with self._lock:
            return self._total

    def count(self, measures: Measures) -> None:
        """Add it up."""
        with self._lock:
            self._total += measures
