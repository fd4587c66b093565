"""The queues in memory, and the ends of them that workers and applications hold."""

import json
import threading
from collections.abc import Sequence
from typing import Final

from foreman_contract.enums import Priority
from foreman_contract.messages import MessageModel
from foreman_contract.service import DEFAULT_RESULT_QUEUE, PriorityUrls, Queues
from foreman_engine.domain.errors import Fault, InvalidError
from foreman_engine.domain.queues import physical_name
from foreman_engine.domain.work import AnyWork
from foreman_engine.memory.queue import MemoryQueue, Received
from foreman_engine.service.ports import Clock, EventNotice, TaskNotice

MAX_DELAY_MS: Final = 900_000
_URL: Final = "memory://queues/"


class MemoryMessages:
    """Messages, and what a test or test kit does with the queues: `receive`, `delete`, `hide`, `work`."""

    def __init__(self, clock: Clock, stage: str = "test") -> None:
        self._clock = clock
        self._stage = stage
        self._lock = threading.Lock()
        self._queues: dict[str, MemoryQueue[str]] = {}
        self.work: Final[MemoryQueue[AnyWork]] = MemoryQueue(clock)
        """The internal work queue."""

    def resolve(self, org_id: str, task_queue: str, result_queue: str) -> Queues:
        """The URLs of an organization's queues, created when absent.

        Raises:
            InvalidError: one name for both.
        """
        if task_queue == result_queue:
            fault = Fault("resultQueue", "must differ from taskQueue")
            raise InvalidError("A queue cannot carry both tasks and results.", [fault])
        urls = {priority.value: self.url(org_id, task_queue, priority) for priority in Priority}
        return Queues(
            task_queue=task_queue,
            result_queue=result_queue,
            task_queue_url=urls[Priority.NORMAL],
            task_queue_urls=PriorityUrls(**urls),
            result_queue_url=self.url(org_id, result_queue),
        )

    def url(self, org_id: str, logical: str, priority: Priority = Priority.NORMAL) -> str:
        """The URL of one queue, created when absent."""
        url = _URL + physical_name(self._stage, org_id, logical, priority)
        self._queue(url)
        return url

    def send_tasks(self, org_id: str, notices: Sequence[TaskNotice]) -> None:
        """Put task messages on their queues; a delay is cut to 15 minutes."""
        for notice in notices:
            url = self.url(org_id, notice.queue, notice.priority)
            delay_ms = min(notice.delay_ms, MAX_DELAY_MS)
            self._queue(url).send(_body(notice.message), delay_ms, notice.traceparent)

    def send_events(self, org_id: str, queue: str | None, events: Sequence[EventNotice]) -> None:
        """Put events on a result queue (None: the default one)."""
        url = self.url(org_id, queue or DEFAULT_RESULT_QUEUE)
        for event in events:
            self._queue(url).send(_body(event.message), traceparent=event.traceparent)

    def send_work(self, work: Sequence[AnyWork], delay_s: int) -> None:
        """Put hints on the work queue."""
        for hint in work:
            self.work.send(hint, delay_s * 1000)

    def ping(self) -> None:
        """Memory always answers."""

    def receive(self, url: str, limit: int = 10, visibility_ms: int = 30_000) -> list[Received[str]]:
        """Up to `limit` messages of a queue, bodies as JSON text; at once, without waiting."""
        return self._queue(url).receive(limit, visibility_ms)

    def delete(self, url: str, receipt: str) -> bool:
        """Remove a message; False when it was received again since, or is gone."""
        return self._queue(url).delete(receipt)

    def hide(self, url: str, receipt: str, visibility_ms: int) -> bool:
        """Change a message's visibility; False when it is not in flight under this receipt."""
        return self._queue(url).hide(receipt, visibility_ms)

    def bodies(self, url: str) -> list[str]:
        """Every message of a queue, visible or not."""
        return self._queue(url).bodies()

    def upcoming(self, url: str) -> list[tuple[int, str]]:
        """Every message of a queue, with the instant at which it becomes, or became, visible."""
        return self._queue(url).upcoming()

    def take_dead(self) -> list[tuple[str, str]]:
        """The dead letters of every queue as (URL, body), handed out once."""
        with self._lock:
            queues = list(self._queues.items())
        return [(url, body) for url, queue in queues for body in queue.take_dead()]

    def queues(self) -> dict[str, MemoryQueue[str]]:
        """Every organization's queue by its physical name."""
        with self._lock:
            return {url.removeprefix(_URL): queue for url, queue in self._queues.items()}

    def next_visible_ms(self) -> int | None:
        """When the next message of any queue becomes, or became, visible: how far a virtual clock may jump."""
        with self._lock:
            queues = list(self._queues.values())
        instants = [self.work.next_visible_ms(), *(queue.next_visible_ms() for queue in queues)]
        return min((at for at in instants if at is not None), default=None)

    def _queue(self, url: str) -> MemoryQueue[str]:
        with self._lock:
            return self._queues.setdefault(url, MemoryQueue(self._clock))


def _body(message: MessageModel) -> str:
    return json.dumps(message.to_wire(), separators=(",", ":"))
