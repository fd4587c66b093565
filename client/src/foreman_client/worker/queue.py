"""What a worker needs of its task queue; `_sqs` fulfils it on SQS, tests in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class QueueFaultError(Exception):
    """The queue did not do it: network, throttling, credentials, a deleted queue. Trying again later is right."""


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery of a message; `handle` names this delivery."""

    body: str
    handle: str


class TaskQueue(Protocol):
    """One task queue. Every call may raise QueueFaultError."""

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        """Up to `most` (1-10) messages, each invisible to others for `visibility_s`; waits up to `wait_s` for the first."""

    def delete(self, handles: Sequence[str]) -> None:
        """Delete messages; one that is gone already is no fault."""

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        """Make messages invisible for that long from now (0: visible at once); one that is gone is no fault."""
