"""One queue as SQS keeps it: delay, visibility, receipts, dead letters. Time is the Clock port's."""

import itertools
import threading
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from foreman_engine.service.backlog import QueueDepth
from foreman_engine.service.ports import Clock

MAX_RECEIVES: Final = 100
"""How often a message is received before it is a dead letter."""
MAX_HIDDEN_MS: Final = 12 * 3600 * 1000
"""A message is shown again this long after its receive whatever its receiver does. Source: SQS visibility timeout."""

Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Received(Generic[Body]):
    """One delivery. The receipt is good until the message is received again."""

    receipt: str
    body: Body
    receive_count: int
    traceparent: str | None = None


@dataclass(slots=True)
class _Kept(Generic[Body]):
    body: Body
    visible_at: int
    order: int
    traceparent: str | None
    received_at: int = 0
    receive_count: int = 0
    receipt: str | None = None
    sent_at: int = 0


class MemoryQueue(Generic[Body]):
    """A standard queue; messages that are visible come in the order in which they became so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._messages: list[_Kept[Body]] = []
        self._dead: list[Body] = []

    def send(self, body: Body, delay_ms: int = 0, traceparent: str | None = None) -> None:
        """Put a message, visible after `delay_ms`; `traceparent` travels with it."""
        with self._lock:
            now = self._clock.now_ms()
            kept = _Kept(body, now + delay_ms, next(self._numbers), traceparent, sent_at=now)
            self._messages.append(kept)

    def receive(self, limit: int, visibility_ms: int) -> list[Received[Body]]:
        """Up to `limit` visible messages, each hidden for `visibility_ms` and under a new receipt."""
        with self._lock:
            now = self._clock.now_ms()
            self._bury()
            ready = [kept for kept in self._messages if kept.visible_at <= now]
            ready.sort(key=lambda kept: (kept.visible_at, kept.order))
            return [self._deliver(kept, now, visibility_ms) for kept in ready[:limit]]

    def _deliver(self, kept: _Kept[Body], now: int, visibility_ms: int) -> Received[Body]:
        kept.receive_count += 1
        kept.received_at = now
        kept.visible_at = now + min(visibility_ms, MAX_HIDDEN_MS)
        kept.receipt = f"receipt-{next(self._numbers)}"
        return Received(kept.receipt, kept.body, kept.receive_count, kept.traceparent)

    def _bury(self) -> None:
        now = self._clock.now_ms()
        spent = [
            kept for kept in self._messages if kept.receive_count >= MAX_RECEIVES and kept.visible_at <= now
        ]
        for kept in spent:
            self._messages.remove(kept)
            self._dead.append(kept.body)

    def delete(self, receipt: str) -> bool:
        """Remove the message; False, and no change, when it is gone or was received again since."""
        with self._lock:
            kept = self._held(receipt)
            if kept is not None:
                self._messages.remove(kept)
            return kept is not None

    def hide(self, receipt: str, visibility_ms: int) -> bool:
        """Show the message in `visibility_ms` from now (0: at once); False when it is not in flight under this receipt."""
        with self._lock:
            kept = self._held(receipt)
            now = self._clock.now_ms()
            if kept is None or kept.visible_at <= now:
                return False
            kept.visible_at = min(now + visibility_ms, kept.received_at + MAX_HIDDEN_MS)
            return True

    def _held(self, receipt: str) -> _Kept[Body] | None:
        return next((kept for kept in self._messages if kept.receipt == receipt), None)

    def next_visible_ms(self) -> int | None:
        """The instant at which the next message becomes, or became, visible; None when there is none."""
        with self._lock:
            return min((kept.visible_at for kept in self._messages), default=None)

    def upcoming(self) -> list[tuple[int, Body]]:
        """Every message in the order of sending, with the instant at which it becomes, or became, visible."""
        with self._lock:
            return [(kept.visible_at, kept.body) for kept in self._messages]

    def depth(self, name: str) -> QueueDepth:
        """How many messages there are, by what they are doing; those about to be dead letters wait."""
        with self._lock:
            now = self._clock.now_ms()
            hidden = [kept for kept in self._messages if kept.visible_at > now]
            delayed = sum(kept.receive_count == 0 for kept in hidden)
            return QueueDepth(name, len(self._messages) - len(hidden), len(hidden) - delayed, delayed)

    def oldest_ms(self) -> int | None:
        """How long ago the oldest message was sent that is not delayed any more; None when there is none."""
        with self._lock:
            now = self._clock.now_ms()
            shown = [kept for kept in self._messages if kept.receive_count > 0 or kept.visible_at <= now]
            return max((now - kept.sent_at for kept in shown), default=None)

    def bodies(self) -> list[Body]:
        """Every message there is, visible or not, in the order of sending."""
        with self._lock:
            return [kept.body for kept in self._messages]

    def take_dead(self) -> list[Body]:
        """The messages that were received too often, handed out once."""
        with self._lock:
            self._bury()
            dead, self._dead = self._dead, []
            return dead
