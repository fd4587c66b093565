"""Waits for an instant: until when a task may not start, and who keeps its message until then.

SQS holds back a message for 15 minutes at most. A longer wait stands in the due-index, and the sweep sends the message ahead.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from foreman_contract import limits
from foreman_contract.tasks import NewTask
from foreman_engine.domain.errors import Fault, InvalidError
from foreman_engine.domain.tasks import TaskState

MAX_DELAY_MS: Final = limits.MAX_MESSAGE_HIDE_S * 1000
"""A longer wait is the due-index's and the sweep's. Source: SQS takes DelaySeconds up to 900."""


def wait_ms(task: TaskState, now: int) -> int:
    """How long the task may not start yet, in milliseconds; 0 when it may."""
    return max(0, (task.available_at or 0) - now)


def with_wait(task: TaskState, now: int) -> TaskState:
    """The task, about to be put on its queue: in the due-index when its wait is too long for a message of its own."""
    swept = task.enqueue and wait_ms(task, now) > MAX_DELAY_MS
    return replace(task, due_at=task.available_at if swept else None)


def check_starts(requests: Sequence[NewTask], now: int, *, batch: bool) -> None:
    """No task is wished for later than `delaySeconds` could say.

    Raises:
        InvalidError: an `availableAt` is over a year ahead; the faults name it.
    """
    latest = now + limits.MAX_DELAY_S * 1000
    faults = [
        Fault(f"tasks[{at}].availableAt" if batch else "availableAt", "must be at most a year ahead")
        for at, request in enumerate(requests)
        if request.available_at is not None and request.available_at > latest
    ]
    if faults:
        raise InvalidError("A task cannot wait for more than a year.", faults)


def first_start(request: NewTask, created_at: int) -> int | None:
    """Before when the new task must not start; None when it may at once, also because the instant has passed."""
    at = request.available_at
    if request.delay_seconds is not None:
        # Rounded up: never early.
        at = created_at + math.ceil(request.delay_seconds * 1000)
    return at if at is not None and at > created_at else None
