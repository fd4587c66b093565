"""Whose turn it is: from which of a task queue's three queues to receive next, and how much.

With a backlog a new high task is among the next 10 that start, and one in 20 starts is low; where high tasks never end,
one in 10 is normal.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import Priority

_RANK: Final = (Priority.HIGH, Priority.NORMAL, Priority.LOW)
_ONE_IN: Final = {Priority.NORMAL: 10, Priority.LOW: 20}
_BETWEEN_LOOKS: Final = 9
"""Most starts between two looks at the highest queue, so that what is new there is the tenth at the latest."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Receive at most so many from this queue."""

    priority: Priority
    most: int


class Turns:
    """Counts what was started of each queue. Safe to share between threads."""

    def __init__(self, priorities: Iterable[Priority]) -> None:
        wanted = set(priorities)
        self.priorities: Final = tuple(each for each in _RANK if each in wanted)
        self._top, *self._rest = self.priorities
        self._since = dict.fromkeys(self._rest, 0)
        self._last: Priority | None = None
        self._lock = threading.Lock()

    def order(self) -> Iterator[Turn]:
        """In which order to look, until a queue has something that can be started.

        The highest queue comes first, unless it was served last and another has waited for its share. How much to ask
        for is found turn by turn: a queue that was looked at and is empty owes nothing and is owed nothing.
        """
        with self._lock:
            due = [each for each in reversed(self._rest) if self._left(each) <= 0]
            rest = [each for each in self._rest if each not in due]
            lead = [*due, self._top] if self._last is self._top else [self._top, *due]
        for each in (*lead, *rest):
            yield Turn(each, self._most(each, each in due))

    def started(self, priority: Priority, count: int) -> None:
        """So many of this queue were started; none: it was looked at and has nothing to start now."""
        with self._lock:
            if priority in self._since:
                self._since[priority] = 0
            if not count:
                return
            self._last = priority
            for each in self._rest:
                if each is not priority:
                    self._since[each] += count

    def _left(self, priority: Priority) -> int:
        """How many others may start before it is due, with one to spare: the highest queue may be served once more."""
        return _ONE_IN[priority] - 2 - self._since[priority]

    def _most(self, priority: Priority, due: bool) -> int:
        if due:
            return 1
        with self._lock:
            others = [max(1, self._left(each)) for each in self._rest if each is not priority]
        bound = _BETWEEN_LOOKS if priority in self._rest else limits.MAX_CLAIM
        return min([bound, *others])
