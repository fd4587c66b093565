"""Waiting for messages while there is nothing to do: one long poll per queue, side by side."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from foreman_client.worker.queue import Received
from foreman_client.worker.source import Source
from foreman_contract.enums import Priority

TakeIn: TypeAlias = Callable[[Priority, Sequence[Received]], None]


class LongPolls:
    """One thread's loop for each queue; they poll while the worker is idle, and the first message ends that for all.

    A poll that is open when the worker gets busy stays open, since a queue may hand messages to a poll that was given up.
    """

    def __init__(self, sources: Mapping[Priority, Source], wait_s: int, take_in: TakeIn) -> None:
        self._sources = sources
        self._wait_s = wait_s
        self._take_in = take_in
        self._changed = threading.Condition()
        self._idle = False
        self._closed = False
        self._open: set[Priority] = set()
        self._arriving: set[Priority] = set()

    def loops(self) -> list[tuple[str, Callable[[], None]]]:
        """What the threads run, with their names, until closed; none for a single queue, which is waited on by itself."""
        if len(self._sources) == 1:
            return []
        return [(f"foreman-poll-{each}", partial(self._run, each)) for each in self._sources]

    def wait_for_messages(self) -> None:
        """Poll every queue until one has brought messages, and those have been taken in; or until closed."""
        with self._changed:
            self._idle = not self._closed
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._idle)

    def open(self) -> frozenset[Priority]:
        """The queues that need not be looked at, since a poll of theirs is open; messages on their way are waited for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._arriving)
            return frozenset(self._open)

    def close(self) -> None:
        """Open no poll any more."""
        with self._changed:
            self._closed, self._idle = True, False
            self._changed.notify_all()

    def _run(self, priority: Priority) -> None:
        while self._may_open(priority):
            # One only: the others are looked for at once, by those who know how many slots are left.
            messages = self._sources[priority].wait(1, self._wait_s)
            self._returned(priority, bool(messages))
            if messages:
                try:
                    self._take_in(priority, messages)
                finally:
                    self._arrived(priority)

    def _may_open(self, priority: Priority) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._closed)
            if not self._closed:
                self._open.add(priority)
            return not self._closed

    def _returned(self, priority: Priority, found: bool) -> None:
        with self._changed:
            self._open.discard(priority)
            if found:
                self._idle = False
                self._arriving.add(priority)
            self._changed.notify_all()

    def _arrived(self, priority: Priority) -> None:
        with self._changed:
            self._arriving.discard(priority)
            self._changed.notify_all()
