"""What becomes of messages: exactly what Foreman said, nothing on this worker's own judgement."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from foreman_client.worker.options import Timing
from foreman_client.worker.outage import Outage
from foreman_client.worker.pace import REAL, Pace
from foreman_client.worker.queue import QueueFaultError, Received, TaskQueue
from foreman_contract.enums import MessageAction, Priority


@dataclass(frozen=True, slots=True)
class Told:
    """One message and what the service said of it; no word means leave."""

    message: Received
    action: MessageAction | None
    seconds: int | None = None


T = TypeVar("T")


class Disposal:
    """The queues' side of an answer. A fault of a queue is logged once: the message comes back and is told again."""

    def __init__(self, queues: Mapping[Priority, TaskQueue], timing: Timing, pace: Pace = REAL) -> None:
        self._queues = queues
        self.outage = Outage("deleting or hiding messages", timing, pace.uniform, pace.monotonic)

    def do_as_told(self, told: Iterable[Told]) -> None:
        """Delete, hide or leave each message."""
        deletes: dict[Priority, list[str]] = defaultdict(list)
        hides: dict[Priority, list[tuple[str, int]]] = defaultdict(list)
        for each in told:
            if each.action is MessageAction.DELETE:
                deletes[each.message.priority].append(each.message.handle)
            elif each.action is MessageAction.HIDE:
                hides[each.message.priority].append((each.message.handle, each.seconds or 0))
        for priority, handles in deletes.items():
            self._try(self._queues[priority].delete, handles)
        for priority, seconds_by_handle in hides.items():
            self._try(self._queues[priority].hide, seconds_by_handle)

    def hide(self, messages: Iterable[Received], seconds: int) -> None:
        """Keep messages invisible for `seconds` from now."""
        self.do_as_told(Told(message, MessageAction.HIDE, seconds) for message in messages)

    def give_back(self, messages: Iterable[Received]) -> None:
        """Make messages visible at once, for another worker."""
        self.hide(messages, 0)

    def _try(self, call: Callable[[list[T]], None], entries: list[T]) -> None:
        try:
            call(entries)
        except QueueFaultError as error:
            self.outage.failed(error)
        else:
            self.outage.recovered()
