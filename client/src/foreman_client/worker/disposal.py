"""What becomes of messages: exactly what Foreman said, nothing on this worker's own judgement."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from foreman_client.worker.options import Timing
from foreman_client.worker.outage import Outage
from foreman_client.worker.queue import QueueFaultError, Received, TaskQueue
from foreman_contract.enums import MessageAction


@dataclass(frozen=True, slots=True)
class Told:
    """One message and what the service said of it; no word means leave."""

    message: Received
    action: MessageAction | None
    seconds: int | None = None


class Disposal:
    """The queue's side of an answer. A fault of the queue is logged once: the message comes back and is told again."""

    def __init__(self, queue: TaskQueue, timing: Timing) -> None:
        self._queue = queue
        self._outage = Outage("deleting or hiding messages", timing)

    def do_as_told(self, told: Iterable[Told]) -> None:
        """Delete, hide or leave each message."""
        verdicts = list(told)
        deletes = [each.message.handle for each in verdicts if each.action is MessageAction.DELETE]
        hides = [
            (each.message.handle, each.seconds or 0) for each in verdicts if each.action is MessageAction.HIDE
        ]
        if deletes:
            self._try(lambda: self._queue.delete(deletes))
        if hides:
            self._try(lambda: self._queue.hide(hides))

    def hide(self, messages: Iterable[Received], seconds: int) -> None:
        """Keep messages invisible for `seconds` from now."""
        hides = [(message.handle, seconds) for message in messages]
        if hides:
            self._try(lambda: self._queue.hide(hides))

    def give_back(self, messages: Iterable[Received]) -> None:
        """Make messages visible at once, for another worker."""
        self.hide(messages, 0)

    def _try(self, call: Callable[[], None]) -> None:
        try:
            call()
        except QueueFaultError as error:
            self._outage.failed(error)
        else:
            self._outage.recovered()
