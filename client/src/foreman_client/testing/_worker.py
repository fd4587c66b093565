"""The SDK's worker, conducted: it has no loops of its own, and takes one task at a time when it is told to."""

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from foreman_client.context import BaseContext, Handler
from foreman_client.handlers import Handlers
from foreman_client.testing._conductor import IN_HANDLER, Conductor
from foreman_client.testing._errors import WorkerDied
from foreman_client.testing._queues import MemoryTaskQueue
from foreman_client.worker import Worker
from foreman_client.worker.api import SessionApi
from foreman_client.worker.options import Timing, WorkerOptions
from foreman_client.worker.pace import Pace
from foreman_contract.tasks import Task
from foreman_engine.memory.messages import MemoryMessages

if TYPE_CHECKING:
    from foreman_client.client import Foreman

_TIMING: Final = Timing(slots_linger_s=0, report_linger_s=0, full_pause_s=0)
_RUN_S: Final = 86_400.0


class ConductedWorker(Worker):
    """A worker in all but its threads: claims, leases, handlers, middleware and reports are the SDK's own."""

    def __init__(
        self,
        handlers: Mapping[str, Handler] | Handlers,
        options: WorkerOptions,
        client: "Foreman",
        messages: MemoryMessages,
        conductor: Conductor,
        pace: Pace,
        doomed: set[str],
    ) -> None:
        urls = client.settings.queues.task_queue_urls
        self.queues = {
            each: MemoryTaskQueue(messages, str(getattr(urls, each))) for each in options.priorities
        }
        options = replace(options, timing=_TIMING)
        api = SessionApi(client.session, options)
        super().__init__(handlers, options, api, self.queues, client.session, client.config, pace)
        self._messages = messages
        self._conductor = conductor
        self._book.add_middleware(_Fate(self, doomed))

    def run(self, deadline_s: float = 30.0, *, burst: bool = False) -> None:  # noqa: ARG002 - as every worker
        """Start, do all there is to do within a day, and stop: no signal would ever come.

        Raises:
            RuntimeError, ValueError, TypeError, OSError: as every worker.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ValueError("run belongs into the main thread, the only one that signals reach; use start")
        self.start()
        self._conductor.drive(self._conductor.clock.now_ms() + int(_RUN_S * 1000), to_the_end=False)
        self.stop(deadline_s)

    def prepare(self) -> None:
        """Start, if that has not been done and there is a handler."""
        if not self._started and len(self._book):
            self.start()

    def handles(self, kind: str, url: str) -> bool:
        """Whether it takes tasks of this type from this queue."""
        return kind in self._book and any(queue.url == url for queue in self.queues.values())

    def has_begun(self) -> bool:
        """Whether it has started, and has not been told to stop."""
        return self._started and not self._parts.gate.stopping.is_set()

    @property
    def busy(self) -> int:
        """How many handlers it is in."""
        return self._options.concurrency - self._parts.slots.free

    def tell(self) -> str:
        """The tasks whose handlers run."""
        running = [each.task for each in self._parts.holdings.running()]
        return ", ".join(f"the handler of {task.type!r} with task {task.id}" for task in running)

    def report(self, give_up_at: float) -> bool:
        """Report what waits."""
        waiting = self._parts.reporter.waiting
        if waiting:
            self._parts.reporter.report_waiting(give_up_at)
        return self._parts.reporter.waiting < waiting

    def beat(self) -> bool:
        """Send a heartbeat if one is due."""
        due = self._parts.heartbeat.due_in_s() == 0
        if due:
            self._parts.heartbeat.beat()
        return due

    def take_one(self) -> bool:
        """Claim and begin at most one task."""
        while self.has_begun() and self._parts.slots.free:
            received, started = self._parts.poller.look_once(1)
            if started:
                return True
            if not received:
                break
        return False

    def next_beat_ms(self) -> int | None:
        """When it must beat."""
        due_in_s = self._parts.heartbeat.due_in_s()
        return None if due_in_s is None else self._conductor.clock.now_ms() + max(1, round(due_in_s * 1000))

    def next_ms(self) -> int | None:
        """When it must beat, or, with a slot free, a message of a type that it handles becomes visible."""
        instants = [self.next_beat_ms()] + ([self._next_message_ms()] if self._parts.slots.free else [])
        return min((at for at in instants if at is not None), default=None)

    def _next_message_ms(self) -> int | None:
        now = self._conductor.clock.now_ms()
        waiting = [each for queue in self.queues.values() for each in self._messages.upcoming(queue.url)]
        return min((at for at, body in waiting if at > now and type_of(body) in self._book), default=None)

    def lose(self, task_id: str) -> bool:
        """As if the worker had died: nothing of the running attempt is reported or kept alive any more."""
        running = [each for each in self._parts.holdings.running() if each.task.id == task_id]
        given_up = [each for each in running if self._parts.holdings.give_up(each)]
        return bool(given_up)

    def join(self, timeout_s: float) -> None:
        """After a stop, wait for the threads of its handlers, each at most that long."""
        self._parts.performer.join(timeout_s)

    def _launch(self) -> None:
        if self not in self._conductor.players:
            self._conductor.players.append(self)

    def _let_finish(self) -> None:
        """Let the handlers that sleep go on until the deadline."""
        until_ms = self._conductor.clock.now_ms() + round(self._left_s() * 1000)
        self._conductor.drive(until_ms, to_the_end=True, enough=lambda: not self.busy)

    def _flush(self) -> None:
        self._parts.reporter.report_waiting(self._pace.monotonic() + self._options.timing.flush_s)
        if self in self._conductor.players:
            self._conductor.players.remove(self)


class _Fate:
    """Middleware around all other: marks where a handler runs, and lets workers die; `doomed` are ids of tasks."""

    def __init__(self, worker: ConductedWorker, doomed: set[str]) -> None:
        self._worker = worker
        self._doomed = doomed

    def before(self, task: Task, ctx: BaseContext) -> None:
        """The attempt begins."""
        IN_HANDLER.set(f"{task.id} {ctx.attempt}")
        if task.id in self._doomed:
            self._doomed.remove(task.id)
            self._worker.lose(task.id)
            raise WorkerDied

    def on_failure(self, task: Task, _: BaseContext, error: BaseException) -> None:
        """The attempt has failed; or its worker died."""
        if isinstance(error, WorkerDied):
            self._worker.lose(task.id)


@lru_cache(maxsize=1024)
def type_of(body: str) -> str | None:
    """The task type that a message names."""
    message: Any = json.loads(body)
    kind = message.get("type")
    return kind if isinstance(kind, str) else None
