"""A worker's life: its handlers, its threads, its start, its stop."""

import atexit
import multiprocessing
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from foreman_client._arguments import required
from foreman_client._http import Session
from foreman_client.config import ForemanConfig
from foreman_client.context import Handler
from foreman_client.handlers import Handlers, Registration
from foreman_client.worker.api import WorkApi
from foreman_client.worker.attempts import Attempt
from foreman_client.worker.book import Book
from foreman_client.worker.health import HealthServer
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.outage import logger, where
from foreman_client.worker.pace import REAL, Pace
from foreman_client.worker.parts import Parts
from foreman_client.worker.queue import TaskQueue
from foreman_client.worker.reports import released
from foreman_client.worker.signals import Signals
from foreman_client.worker.status import WorkerState, WorkerStatus, by_type
from foreman_contract.enums import Priority

H = TypeVar("H", bound=Callable[..., Any])
M = TypeVar("M")


class Worker:
    """Claims tasks of one task queue and runs their handlers, `concurrency` at a time. `Foreman.create_worker` makes one.

    A worker starts once and stops once. All its threads are daemons; a process that ends without a stop releases what
    runs on its way out.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler] | Handlers,
        options: WorkerOptions,
        api: WorkApi,
        queues: Mapping[Priority, TaskQueue],
        session: Session,
        config: ForemanConfig,
        pace: Pace = REAL,
    ) -> None:
        self._options = options
        self._book = Book(handlers if isinstance(handlers, Handlers) else Handlers(handlers))
        self._parts = Parts(self._book, options, api, queues, session, config, self._begin, pace)
        self._pace = pace
        self._state = threading.Lock()
        self._polling: list[threading.Thread] = []
        self._reporting: threading.Thread | None = None
        self._started = False
        self._health: HealthServer | None = None
        self._stop_by: float | None = None
        self._stopped = threading.Event()
        self._failure: Exception | None = None

    @property
    def worker_id(self) -> str:
        """The name that task records carry."""
        return self._options.worker_id

    @property
    def health_port(self) -> int | None:
        """The port that answers probes, while it does."""
        return None if self._health is None else self._health.port

    def task(
        self,
        type: str,  # noqa: A002 - the word of the wire
        *,
        concurrency: int | None = None,
        process: bool = False,
    ) -> Callable[[H], H]:
        """As `Handlers.task`, for this worker, before it starts.

        Raises:
            RuntimeError: it has started.
            TypeError, ValueError: as `Handlers.task`; or the function cannot be called as a handler.
        """
        required(str, type=type)

        def register(handler: H) -> H:
            self._book.add(Registration(type, handler, concurrency, process))
            return handler

        return register

    def middleware(self, middleware: M) -> M:
        """Have an object's `before`, `after` and `on_failure` called around every handler; see `Middleware`.

        Raises:
            RuntimeError: the worker has started.
            TypeError: it has none of these methods.
        """
        self._book.add_middleware(middleware)
        return middleware

    def status(self) -> WorkerStatus:
        """How the worker is now."""
        held = self._parts.holdings
        ages = self._parts.signs.ages()
        return WorkerStatus(
            worker_id=self.worker_id,
            state=self._state_now(ages["last_poll_s"] is not None),
            alive=self._failure is None,
            concurrency=self._options.concurrency,
            free_slots=self._parts.slots.free,
            running=by_type([each.task.type for each in held.running()]),
            held=len(held.held()),
            failures=self._parts.signs.failures(),
            **ages,
        )

    def _state_now(self, polled: bool) -> WorkerState:
        if not self._started:
            return WorkerState.NEW
        if self._parts.gate.stopping.is_set():
            return WorkerState.STOPPED if self._stopped.is_set() else WorkerState.STOPPING
        return WorkerState.RUNNING if polled else WorkerState.STARTING

    def start(self) -> None:
        """Begin to work in threads of its own; returns at once.

        Raises:
            RuntimeError: it was started before, or this process only imports the module for a handler in a process.
            ValueError: it has no handler.
            TypeError: a handler that is to run in a process cannot be imported by its name.
            OSError: the health port cannot be listened on.
        """
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise RuntimeError('start the worker under `if __name__ == "__main__":`')
        with self._state:
            if self._started:
                raise RuntimeError("a worker starts once; create another")
            self._book.close()
            self._parts.bound(self._options.concurrency_by_type)
            if self._options.health_port is not None:
                self._health = HealthServer(self._options.health_host, self._options.health_port, self.status)
            self._started = True
            self._launch()
        atexit.register(self.stop, 0.0)
        logger.info("worker %s started for %s", self.worker_id, ", ".join(sorted(self._book)))

    def _launch(self) -> None:
        self._reporting = self._guarded(self._parts.reporter.run, "foreman-report")
        self._guarded(self._parts.heartbeat.run, "foreman-heartbeat")
        self._polling = [self._guarded(loop, name) for name, loop in self._parts.loops()]

    def run(self, deadline_s: float = 30.0, *, burst: bool = False) -> None:
        """Start, block until SIGTERM or SIGINT, then stop as `stop(deadline_s)`; a second signal stops at once.

        With `burst` it stops by itself, too, once its queues are drained: each answered a receive with nothing, which was
        begun while no handler ran and no result waited. What is hidden then, such as a retry that is not due, is not
        waited for.

        Raises:
            RuntimeError, ValueError, TypeError, OSError: as `start`; or one of the threads failed, which stops it.
            ValueError: not called in the main thread, the only one that signals reach.
        """
        required((int, float), deadline_s=deadline_s)
        self._parts.poller.bursting = burst
        with Signals() as signals:
            self.start()
            while not signals.heard(0.1) and not self._stopped.is_set():
                if self._parts.poller.drained.is_set():
                    break
            stopper = _thread(partial(self.stop, deadline_s), "foreman-stop")
            while stopper.is_alive():
                if signals.heard(0.05):
                    self._hasten(0.0)
        if self._failure is not None:
            raise RuntimeError("a thread of the worker failed") from self._failure

    def stop(self, deadline_s: float = 30.0) -> None:
        """Receive nothing more, let handlers finish for up to `deadline_s`, release the rest, report, and return.

        It waits for the long polls under way too (20 s at most), to give back what they may still bring. A handler that
        runs on past the deadline is told through `ctx.cancelled`; its result is discarded. Calling again, from any
        thread, can only bring the deadline forward. Does nothing before `start`.

        Raises:
            TypeError: `deadline_s` is no number.
        """
        required((int, float), deadline_s=deadline_s)
        if not self._started:
            return
        self._hasten(deadline_s)
        with self._state:
            first = not self._parts.gate.stopping.is_set()
            self._parts.gate.close()
        if first:
            self._wind_down()
        self._stopped.wait()

    def _wind_down(self) -> None:
        parts = self._parts
        parts.slots.close()
        self._let_finish()
        for attempt in parts.holdings.running():
            self._release(attempt)
        self._flush()
        parts.close()
        if self._health is not None:
            self._health.close()
        atexit.unregister(self.stop)
        self._stopped.set()
        logger.info("worker %s stopped", self.worker_id)

    def _let_finish(self) -> None:
        """Wait for the handlers until the deadline."""
        parts = self._parts
        parts.poller.polls.close()
        # Whoever is between a message and its handler waits for an answer that comes soon, or never.
        parts.gate.wait_until_empty(self._options.timing.flush_s)
        while not parts.holdings.wait_until_none_runs(min(self._left_s(), 0.1)) and self._left_s() > 0:
            continue

    def _flush(self) -> None:
        """Report what waits, and end what receives."""
        self._parts.reporter.close(self._pace.monotonic() + self._options.timing.flush_s)
        if self._reporting is not None:
            self._reporting.join()
        self._await_polls()

    def _await_polls(self) -> None:
        """Wait for the long polls under way, so that what they bring is given back.

        A queue may hand messages to a poll whose process has gone; they then stay hidden for a whole visibility timeout.
        """
        for polling in self._polling:
            while polling.is_alive() and self._left_s() > 0:
                polling.join(min(self._left_s(), 0.1))

    def _guarded(self, loop: Callable[[], None], name: str) -> threading.Thread:
        """A thread for a loop. What no loop expects stops the worker: half of one would hold tasks it does not run."""

        def run() -> None:
            try:
                loop()
            except Exception as error:
                logger.error("the thread %s failed, the worker stops: %s", name, where(error))
                self._failure = error
                _thread(partial(self.stop, 0.0), "foreman-stop")

        return _thread(run, name)

    def _hasten(self, deadline_s: float) -> None:
        with self._state:
            stop_by = self._pace.monotonic() + deadline_s
            self._stop_by = stop_by if self._stop_by is None else min(self._stop_by, stop_by)

    def _left_s(self) -> float:
        return 0.0 if self._stop_by is None else max(0.0, self._stop_by - self._pace.monotonic())

    def _begin(self, attempt: Attempt) -> None:
        """Run a claimed attempt; one that was won while stopping is handed back unstarted."""
        self._parts.holdings.add(attempt)
        if self._parts.gate.stopping.is_set():
            self._release(attempt)
            self._parts.slots.leave(attempt.kind)
        else:
            self._parts.performer.start(attempt)

    def _release(self, attempt: Attempt) -> None:
        if self._parts.holdings.finish(attempt):
            attempt.end_early()
            self._parts.reporter.add(released(attempt))


def _thread(target: Callable[[], object], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
