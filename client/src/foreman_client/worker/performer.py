"""From a claimed attempt to its report: the handler runs in its place, and its slot is given back."""

from collections.abc import Callable
from functools import partial
from typing import Final

from foreman_client._http import Session
from foreman_client.config import ForemanConfig
from foreman_client.context import AsyncTaskContext, TaskContext
from foreman_client.worker.attempts import Attempt, Holdings, Phase
from foreman_client.worker.book import Book
from foreman_client.worker.calls import Call, Place
from foreman_client.worker.executor import Context, Raised, Returned, called, called_async, calls, report_of
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.processes import Processes
from foreman_client.worker.reporter import Reporter
from foreman_client.worker.slots import Slots
from foreman_client.worker.threads import EventLoopThread, ThreadPool


class Performer:
    """Runs attempts, each in the thread, on the loop or in the process that its handler asks for."""

    def __init__(
        self,
        book: Book,
        options: WorkerOptions,
        holdings: Holdings,
        reporter: Reporter,
        slots: Slots,
        session: Session,
        config: ForemanConfig,
    ) -> None:
        self._book = book
        self._max_bytes: Final = options.max_payload_bytes
        self._holdings = holdings
        self._reporter = reporter
        self._slots = slots
        self._session = session
        self._threads = ThreadPool(options.concurrency, "foreman-handler")
        self._loop = EventLoopThread(options.concurrency, "foreman-async")
        self._processes = Processes(config, options.max_payload_bytes)

    def start(self, attempt: Attempt) -> None:
        """Begin the attempt; returns at once."""
        call = self._book.call(attempt.task.type)
        if call.place is Place.LOOP:
            self._start_async(call, attempt)
        else:
            self._threads.submit(partial(self._perform, call, attempt))

    def close(self) -> None:
        """End what idles, and cancel what still runs on the loop."""
        self._loop.close()
        self._threads.close()
        self._processes.close()

    def join(self, timeout_s: float) -> None:
        """After `close`, wait for the threads, each at most that long: a handler that never returns keeps its own."""
        for thread in (*self._threads.threads(), *self._loop.threads()):
            thread.join(timeout_s)

    def _perform(self, call: Call, attempt: Attempt) -> None:
        try:
            if attempt.phase is Phase.RUNNING:
                invoke = call if call.place is Place.THREAD else self._in_process(attempt)
                steps = calls(invoke, self._context(call, attempt), self._book.middleware)
                self._finish(attempt, called(steps, self._loop.run))
        finally:
            self._slots.leave(attempt.kind)

    def _in_process(self, attempt: Attempt) -> Callable[[Context], object]:
        handler = self._book.pickled(attempt.task.type)
        return lambda _: self._processes.run(handler, attempt)

    def _start_async(self, call: Call, attempt: Attempt) -> None:
        leave = partial(self._slots.leave, attempt.kind)
        cancel = self._loop.start(self._perform_async(call, attempt), leave)
        attempt.interrupt_with(cancel)

    async def _perform_async(self, call: Call, attempt: Attempt) -> None:
        if attempt.phase is Phase.RUNNING:
            steps = calls(call, self._context(call, attempt), self._book.middleware)
            self._finish(attempt, await called_async(steps))

    def _finish(self, attempt: Attempt, outcome: Returned | Raised) -> None:
        report = report_of(attempt, outcome, self._max_bytes)
        if self._holdings.finish(attempt):
            self._reporter.add(report)

    def _context(self, call: Call, attempt: Attempt) -> Context:
        context = TaskContext(attempt.task, self._session, attempt.cancelled, attempt.set_progress)
        return AsyncTaskContext(context) if call.async_context else context
