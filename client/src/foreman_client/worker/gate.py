"""What stops a worker from taking in more: a stop, or claims that fail."""

import threading


class Gate:
    """Counts who is between a received message and a started attempt, so that a stop can wait for them.

    `stopping` is set for good by `close`; `claims_work` is clear while claims fail.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.claims_work = threading.Event()
        self.claims_work.set()
        self._inside = 0
        self._changed = threading.Condition()

    def enter(self) -> bool:
        """Begin to take something in; False once closed."""
        with self._changed:
            if self.stopping.is_set():
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """What was entered has been taken in."""
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody in any more."""
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()

    def is_empty(self) -> bool:
        """Whether nobody is inside."""
        with self._changed:
            return not self._inside

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Wait at most that long; whether nobody is inside."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._inside, timeout_s)
