"""How many more tasks this worker can start now."""

import threading


class Slots:
    """A count of free slots; whoever receives a message has taken one for it first."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._free = total
        self._closed = False
        self._changed = threading.Condition()

    def take(self, most: int, linger_s: float) -> int:
        """Wait for a free slot, then at most `linger_s` for more, and take up to `most`; 0 once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._free or self._closed)
            enough = min(most, self._total)
            if self._free < enough:
                self._changed.wait_for(lambda: self._free >= enough or self._closed, linger_s)
            taken = 0 if self._closed else min(most, self._free)
            self._free -= taken
            return taken

    def give(self, count: int) -> None:
        """Give slots back."""
        with self._changed:
            self._free += count
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out nothing any more, and wake who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def free(self) -> int:
        """How many are free."""
        return self._free
