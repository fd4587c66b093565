"""What a worker needs of its task queue; `_sqs` fulfils it on SQS, tests in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from foreman_contract.enums import Priority


class QueueFaultError(Exception):
    """The queue did not do it: network, throttling, credentials, a deleted queue. Trying again later is right."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery of a message; `handle` names this delivery, `receives` says about how many there were, with this one."""

    body: str
    handle: str
    receives: int = 1
    priority: Priority = Priority.NORMAL
    """Whose queue it came from."""


class TaskQueue(Protocol):
    """One task queue. Every call may raise QueueFaultError."""

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        """Up to `most` (1-10) messages, each invisible to others for `visibility_s`; waits up to `wait_s` for the first."""

    def delete(self, handles: Sequence[str]) -> None:
        """Delete messages; one that is gone already is no fault."""

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        """Make messages invisible for that long from now (0: visible at once); one that is gone is no fault."""
