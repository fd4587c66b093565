"""The ends of the queues that workers and applications hold."""

from collections.abc import Sequence
from typing import Final

from foreman_client.testing._conductor import Conductor
from foreman_client.testing._errors import RestlessError
from foreman_client.worker.queue import Received
from foreman_engine.memory.messages import MemoryMessages

_DAY_S: Final = 86_400


class MemoryTaskQueue:
    """TaskQueue. It never waits: whoever conducts knows when there is something."""

    def __init__(self, messages: MemoryMessages, url: str) -> None:
        self._messages = messages
        self.url = url

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:  # noqa: ARG002 - the port's
        """Up to `most` messages that are visible now."""
        found = self._messages.receive(self.url, most, visibility_s * 1000)
        return [Received(each.body, each.receipt, each.receive_count) for each in found]

    def delete(self, handles: Sequence[str]) -> None:
        """Delete messages."""
        for handle in handles:
            self._messages.delete(self.url, handle)

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        """Set visibility timeouts."""
        for handle, seconds in seconds_by_handle:
            self._messages.hide(self.url, handle, max(0, seconds) * 1000)


class MemoryResultQueue(MemoryTaskQueue):
    """A result queue: waiting for an event lets virtual time pass, and so the workers work."""

    def __init__(self, messages: MemoryMessages, url: str, conductor: Conductor) -> None:
        super().__init__(messages, url)
        self._conductor = conductor
        self._in_vain_s = 0

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        """Up to `most` messages; waits up to `wait_s` virtual seconds for the first.

        Raises:
            RestlessError: a day has passed without any, and nothing is left that could send one.
        """
        until_ms = self._conductor.clock.now_ms() + wait_s * 1000
        if not self._conductor.drive(until_ms, to_the_end=True, enough=self._has_visible):
            self._conductor.sleep(wait_s)
        found = super().receive(most, wait_s, visibility_s)
        self._in_vain_s = 0 if found else self._in_vain_s + wait_s
        if self._in_vain_s > _DAY_S and self._conductor.next_ms(fires=True) is None:
            raise RestlessError(
                "no event for a virtual day, and nothing is left that could send one: end the iteration by idle_s, "
                "timeout_s or max_events"
            )
        return found

    def _has_visible(self) -> bool:
        now = self._conductor.clock.now_ms()
        return any(at <= now for at, _ in self._messages.upcoming(self.url))
