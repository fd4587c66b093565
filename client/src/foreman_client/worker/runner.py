"""A worker's life: its threads, its start, its stop."""

import atexit
import signal
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from queue import Empty, SimpleQueue
from types import FrameType

from foreman_client._http import Session
from foreman_client.context import Handler, TaskContext
from foreman_client.worker.api import WorkApi
from foreman_client.worker.attempts import Attempt, Holdings, Phase
from foreman_client.worker.disposal import Disposal
from foreman_client.worker.executor import Call, call_of, execute
from foreman_client.worker.gate import Gate
from foreman_client.worker.heartbeat import Heartbeat
from foreman_client.worker.intake import Intake
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.outage import logger, where
from foreman_client.worker.poller import Poller
from foreman_client.worker.queue import TaskQueue
from foreman_client.worker.reporter import Reporter
from foreman_client.worker.reports import released
from foreman_client.worker.slots import Slots
from foreman_client.worker.threads import EventLoopThread, ThreadPool


class Worker:
    """Claims tasks of one queue and runs their handlers, `concurrency` at a time. `Foreman.create_worker` makes one.

    A worker starts once and stops once. All its threads are daemons; a process that ends without a stop releases what
    runs on its way out.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        options: WorkerOptions,
        api: WorkApi,
        queue: TaskQueue,
        session: Session,
    ) -> None:
        self._calls = _calls(handlers)
        self._options = options
        self._session = session
        self._gate = Gate()
        self._slots = Slots(options.concurrency)
        self._holdings = Holdings()
        disposal = Disposal(queue, options.timing)
        self._reporter = Reporter(api, options.timing, self._holdings, disposal)
        self._heartbeat = Heartbeat(api, options, self._holdings, disposal)
        intake = Intake(api, options, self._calls, disposal, self._slots, self._gate, self._begin)
        self._poller = Poller(queue, options, intake, disposal, self._slots, self._gate)
        self._loop = EventLoopThread("foreman-async")
        self._state = threading.Lock()
        self._pool: ThreadPool | None = None
        self._reporting: threading.Thread | None = None
        self._polling: threading.Thread | None = None
        self._stop_by: float | None = None
        self._stopped = threading.Event()
        self._failure: Exception | None = None

    @property
    def worker_id(self) -> str:
        """The name that task records carry."""
        return self._options.worker_id

    def start(self) -> None:
        """Begin to work in threads of its own; returns at once.

        Raises:
            RuntimeError: it was started before.
        """
        with self._state:
            if self._pool is not None:
                raise RuntimeError("a worker starts once; create another")
            self._pool = ThreadPool(self._options.concurrency, "foreman-handler")
            self._reporting = self._guarded(self._reporter.run, "foreman-report")
            self._guarded(self._heartbeat.run, "foreman-heartbeat")
            self._polling = self._guarded(self._poller.run, "foreman-poll")
        atexit.register(self.stop, 0.0)
        logger.info("worker %s started for %s", self.worker_id, ", ".join(sorted(self._calls)))

    def run(self, deadline_s: float = 30.0) -> None:
        """Start, block until SIGTERM or SIGINT, then stop as `stop(deadline_s)`; a second signal stops at once.

        Raises:
            RuntimeError: it was started before, or one of its threads failed, which stops it.
            ValueError: not called in the main thread, the only one that signals reach.
        """
        # put() is the one thing that is safe to do in a signal handler while the same thread waits in get().
        signals: SimpleQueue[int] = SimpleQueue()

        def note(number: int, _: FrameType | None) -> None:
            signals.put(number)

        before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.start()
            while not _heard(signals, 0.1) and not self._stopped.is_set():
                continue
            stopper = _thread(partial(self.stop, deadline_s), "foreman-stop")
            while stopper.is_alive():
                if _heard(signals, 0.05):
                    self._hasten(0.0)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._failure is not None:
            raise RuntimeError("a thread of the worker failed") from self._failure

    def stop(self, deadline_s: float = 30.0) -> None:
        """Receive nothing more, let handlers finish for up to `deadline_s`, release the rest, report, and return.

        It waits for the long poll under way too (20 s at most), to give back what that may still bring. A handler that runs on past the deadline is told through `ctx.cancelled`; its result is discarded. Calling again,
        from any thread, can only bring the deadline forward. Does nothing before `start`.
        """
        if self._pool is None:
            return
        self._hasten(deadline_s)
        with self._state:
            first = not self._gate.stopping.is_set()
            self._gate.close()
        if first:
            self._wind_down()
        self._stopped.wait()

    def _wind_down(self) -> None:
        self._slots.close()
        # Whoever is between a message and its handler waits for an answer that comes soon, or never.
        self._gate.wait_until_empty(self._options.timing.flush_s)
        while not self._holdings.wait_until_none_runs(min(self._left_s(), 0.1)) and self._left_s() > 0:
            continue
        for attempt in self._holdings.running():
            self._release(attempt)
        self._reporter.close(time.monotonic() + self._options.timing.flush_s)
        if self._reporting is not None:
            self._reporting.join()
        self._await_poll()
        self._holdings.close()
        self._loop.close()
        if self._pool is not None:
            self._pool.close()
        atexit.unregister(self.stop)
        self._stopped.set()
        logger.info("worker %s stopped", self.worker_id)

    def _await_poll(self) -> None:
        """Wait for the long poll under way, so that what it brings is given back.

        A queue may hand messages to a poll whose process has gone; they then stay hidden for a whole visibility timeout.
        """
        while self._polling is not None and self._polling.is_alive() and self._left_s() > 0:
            self._polling.join(min(self._left_s(), 0.1))

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
            stop_by = time.monotonic() + deadline_s
            self._stop_by = stop_by if self._stop_by is None else min(self._stop_by, stop_by)

    def _left_s(self) -> float:
        return 0.0 if self._stop_by is None else max(0.0, self._stop_by - time.monotonic())

    def _begin(self, attempt: Attempt) -> None:
        """Run a claimed attempt; one that was won while stopping is handed back unstarted."""
        self._holdings.add(attempt)
        if self._gate.stopping.is_set() or self._pool is None:
            self._release(attempt)
            self._slots.give(1)
        else:
            self._pool.submit(partial(self._work, attempt))

    def _work(self, attempt: Attempt) -> None:
        if attempt.phase is Phase.RUNNING:
            context = TaskContext(attempt.task, self._session, attempt.cancelled, attempt.set_progress)
            call = self._calls.get(attempt.task.type, _no_handler)
            limit = self._options.max_payload_bytes
            report = execute(call, attempt, context, self._loop.run, limit)
            if self._holdings.finish(attempt):
                self._reporter.add(report)
        self._slots.give(1)

    def _release(self, attempt: Attempt) -> None:
        if self._holdings.finish(attempt):
            attempt.cancelled.set()
            self._reporter.add(released(attempt))


def _calls(handlers: Mapping[str, Handler]) -> dict[str, Call]:
    if not isinstance(handlers, Mapping):
        raise TypeError(f"handlers must be a dict of functions by task type, not {type(handlers).__name__}")
    for kind, handler in handlers.items():
        if not isinstance(kind, str) or not callable(handler):
            raise TypeError(f"the handler of {kind!r} must be a function, under a task type that is a str")
    if not handlers:
        raise ValueError("a worker needs at least one handler")
    return {kind: call_of(handler) for kind, handler in handlers.items()}


def _no_handler(context: TaskContext) -> None:
    raise LookupError(f"no handler for tasks of type {context.task.type!r}, whatever the message said")


def _thread(target: Callable[[], object], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


def _heard(signals: "SimpleQueue[int]", timeout_s: float) -> bool:
    try:
        signals.get(timeout=timeout_s)
    except Empty:
        return False
    return True
