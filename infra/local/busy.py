"""Knowing when nothing is under way any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Busy:
    """Counts what is under way, over all threads."""

    def __init__(self) -> None:
        """Begin idle."""
        self._count = 0
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Something is under way inside the block."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing is under way, `seconds` at most; whether that came true."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, seconds)
