"""How many more tasks this worker can start now: overall, and of each type that is bounded."""

import threading
from collections import Counter
from collections.abc import Mapping

from foreman_client.worker.pace import REAL, Pace


class Slots:
    """A count of free slots; whoever receives a message has taken one for it first.

    A task of a bounded type also enters its type, which may be full.
    """

    def __init__(self, total: int, by_type: Mapping[str, int] | None = None, pace: Pace = REAL) -> None:
        self._total = total
        self._pace = pace
        self._free = total
        self._by_type = dict(by_type or {})
        self._inside: Counter[str] = Counter()
        self._busy = 0
        self._closed = False
        self._changed = threading.Condition()

    def bound(self, kind: str, most: int) -> None:
        """Let at most so many tasks of the type in at once; before any has entered."""
        self._by_type[kind] = most

    def take(self, most: int, linger_s: float) -> int:
        """Wait for a free slot, then at most `linger_s` for more, and take up to `most`; 0 once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._free or self._closed)
            enough = min(most, self._total)
            if self._free < enough:
                self._changed.wait_for(lambda: self._free >= enough or self._closed, linger_s)
            return self._take(most)

    def take_free(self, most: int) -> int:
        """Take up to `most` without waiting; 0 once closed."""
        with self._changed:
            return self._take(most)

    def _take(self, most: int) -> int:
        taken = 0 if self._closed else min(most, self._free)
        self._free -= taken
        return taken

    def give(self, count: int) -> None:
        """Give slots back."""
        with self._changed:
            self._free += count
            self._changed.notify_all()

    def enter(self, kind: str) -> bool:
        """Begin a task of the type, for which a slot was taken; False when the type is full."""
        with self._changed:
            if kind in self._by_type:
                if self._inside[kind] >= self._by_type[kind]:
                    return False
                self._inside[kind] += 1
            self._busy += 1
            return True

    def leave(self, kind: str) -> None:
        """What has entered its type is over, or did not begin: its slot is given back, too."""
        with self._changed:
            if kind in self._by_type:
                self._inside[kind] -= 1
            self._busy -= 1
            self._free += 1
            self._changed.notify_all()
        self._pace.freed()

    def close(self) -> None:
        """Hand out nothing any more, and wake who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def free(self) -> int:
        """How many no task is in; some may be taken for messages that are being received."""
        return self._total - self._busy
