"""One physical queue as a worker receives from it: a fault of it pauses it alone."""

import threading
from dataclasses import replace
from typing import Final

from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.outage import Outage
from foreman_client.worker.pace import REAL, Pace
from foreman_client.worker.queue import QueueFaultError, Received, TaskQueue
from foreman_contract.enums import Priority


class Source:
    """A queue, and when it may be tried again."""

    def __init__(
        self,
        priority: Priority,
        queue: TaskQueue,
        options: WorkerOptions,
        stopping: threading.Event,
        pace: Pace = REAL,
    ) -> None:
        self.priority: Final = priority
        name = f"receiving messages of priority {priority}"
        self.outage: Final = Outage(name, options.timing, pace.uniform, pace.monotonic)
        self._queue = queue
        self._visibility_s = options.visibility_s
        self._stopping = stopping
        self._pace = pace
        self._monotonic = pace.monotonic
        self._retry_at = float("-inf")

    def look(self, most: int, wait_s: int = 0) -> list[Received]:
        """Up to `most` messages, each hidden for the lease; none while the queue is paused."""
        if self._monotonic() < self._retry_at:
            return []
        return self._receive(most, wait_s)

    def wait(self, most: int, wait_s: int) -> list[Received]:
        """As `look`, but a pause is waited out first."""
        if (pause_s := self._retry_at - self._monotonic()) > 0 and self._pace.wait(self._stopping, pause_s):
            return []
        return self._receive(most, wait_s)

    def _receive(self, most: int, wait_s: int) -> list[Received]:
        try:
            messages = self._queue.receive(most, wait_s, self._visibility_s)
        except QueueFaultError as error:
            self._retry_at = self._monotonic() + self.outage.failed(error)
            return []
        self.outage.recovered()
        return [replace(message, priority=self.priority) for message in messages]
