"""From received messages to tasks worth claiming. A message is a hint: it names a task and promises nothing."""

import json
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from pydantic import ValidationError

from foreman_client.worker.outage import logger
from foreman_client.worker.queue import Received
from foreman_contract.messages import TaskMessage


@dataclass(frozen=True, slots=True)
class Hint:
    """A message, read."""

    message: Received
    task_id: str
    type: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What is worth a claim, and what has no handler here. What is in neither is left alone."""

    claimable: tuple[Hint, ...]
    unhandled: tuple[Hint, ...]


def read_hint(message: Received) -> Hint | None:
    """The hint, or None for what is no task message. Its body is never logged: it is not ours."""
    try:
        task = TaskMessage.model_validate(json.loads(message.body))
    except (ValidationError, ValueError, RecursionError):
        logger.warning("a message on the task queue is not a task message; left alone")
        return None
    return Hint(message, task.task_id, task.type)


def sort_hints(messages: Iterable[Received], types: Collection[str]) -> Sorted:
    """Read messages; a second message of the same task is left alone, since a claim names each task once."""
    hints = [hint for hint in map(read_hint, messages) if hint is not None]
    handled = {hint.task_id: hint for hint in reversed(hints) if hint.type in types}
    return Sorted(
        tuple(hint for hint in hints if handled.get(hint.task_id) is hint),
        tuple(hint for hint in hints if hint.type not in types),
    )


@dataclass(slots=True)
class UnhandledWarning:
    """Warns of types without a handler, each at most once in `every_s` seconds."""

    every_s: float
    monotonic: Callable[[], float] = time.monotonic
    _warned_at: dict[str, float] = field(default_factory=dict)

    def warn(self, types: Iterable[str]) -> None:
        """Log the types that were not logged lately."""
        now = self.monotonic()
        for kind in sorted(set(types)):
            if now - self._warned_at.get(kind, float("-inf")) >= self.every_s:
                self._warned_at[kind] = now
                logger.warning("no handler for tasks of type %r; their messages are hidden for others", kind)
