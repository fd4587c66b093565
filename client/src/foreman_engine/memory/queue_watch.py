"""Looking at every queue in memory."""

from collections.abc import Sequence
from typing import Any, Final

from foreman_engine.memory.messages import MemoryMessages
from foreman_engine.memory.queue import MemoryQueue
from foreman_engine.service.backlog import QueueDepth

WORK: Final = "work"
"""What the work queue is called here."""


class MemoryQueueWatch:
    """QueueWatch. Dead letters lie in no queue here: whoever takes them has them."""

    def __init__(self, messages: MemoryMessages) -> None:
        self._messages = messages

    def depths(self) -> Sequence[QueueDepth]:
        """Every organization's queues, and the work queue."""
        return [queue.depth(name) for name, queue in self._queues().items()]

    def oldest_s(self, names: Sequence[str]) -> int:
        """The age in seconds of the oldest message on any of these queues; 0 when they are empty."""
        queues = self._queues()
        return max((queues[name].oldest_ms() or 0 for name in names), default=0) // 1000

    def _queues(self) -> dict[str, MemoryQueue[Any]]:
        return {**self._messages.queues(), WORK: self._messages.work}
