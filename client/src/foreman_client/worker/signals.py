"""SIGTERM and SIGINT, heard instead of obeyed."""

import signal
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Self


class Signals:
    """Inside the block signals are queued; after it whoever handled them before does so again.

    Raises:
        ValueError: not entered in the main thread, the only one that signals reach.
    """

    def __init__(self) -> None:
        # put() is the one thing that is safe to do in a signal handler while the same thread waits in get().
        self._heard: SimpleQueue[int] = SimpleQueue()

    def __enter__(self) -> Self:
        def note(number: int, _: FrameType | None) -> None:
            self._heard.put(number)

        self._before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def heard(self, timeout_s: float) -> bool:
        """Whether there is a signal, waiting for one at most that long."""
        try:
            self._heard.get(timeout=timeout_s)
        except Empty:
            return False
        return True
