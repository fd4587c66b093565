"""A worker put together: its parts, each with those that it works with."""

from collections.abc import Callable, Mapping
from typing import Final

from foreman_client._http import Session
from foreman_client.config import ForemanConfig
from foreman_client.worker.api import WorkApi
from foreman_client.worker.attempts import Attempt, Holdings
from foreman_client.worker.book import Book
from foreman_client.worker.disposal import Disposal
from foreman_client.worker.gate import Gate
from foreman_client.worker.heartbeat import Heartbeat
from foreman_client.worker.intake import Intake
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.pace import REAL, Pace
from foreman_client.worker.performer import Performer
from foreman_client.worker.poller import Poller
from foreman_client.worker.queue import TaskQueue
from foreman_client.worker.reporter import Reporter
from foreman_client.worker.slots import Slots
from foreman_client.worker.source import Source
from foreman_client.worker.status import Signs
from foreman_contract.enums import Priority


class Parts:
    """What a worker consists of, besides its threads. `begin` runs a claimed attempt."""

    def __init__(
        self,
        book: Book,
        options: WorkerOptions,
        api: WorkApi,
        queues: Mapping[Priority, TaskQueue],
        session: Session,
        config: ForemanConfig,
        begin: Callable[[Attempt], None],
        pace: Pace = REAL,
    ) -> None:
        self._book = book
        self.gate: Final = Gate()
        self.slots: Final = Slots(options.concurrency, pace=pace)
        self.holdings: Final = Holdings()
        sources = {
            priority: Source(priority, queue, options, self.gate.stopping, pace)
            for priority, queue in queues.items()
        }
        disposal = Disposal(queues, options.timing, pace)
        self.reporter: Final = Reporter(api, options.timing, self.holdings, disposal, pace)
        self.heartbeat: Final = Heartbeat(api, options, self.holdings, disposal, pace)
        intake = Intake(api, options, book, disposal, self.slots, self.gate, begin, pace)
        self.poller: Final = Poller(
            sources, options, intake, disposal, self.slots, self.gate, self.holdings, pace
        )
        self.performer: Final = Performer(
            book, options, self.holdings, self.reporter, self.slots, session, config
        )
        self.signs: Final = Signs(
            [source.outage for source in sources.values()],
            intake.outage,
            self.heartbeat.outage,
            self.reporter.outage,
            disposal.outage,
            pace,
        )

    def bound(self, concurrency_by_type: Mapping[str, int]) -> None:
        """Bound types as their handlers say, or as is said here; before anything is taken in.

        Raises:
            ValueError: a type has no handler.
        """
        strangers = sorted(set(concurrency_by_type) - set(self._book))
        if strangers:
            raise ValueError(f"concurrency_by_type names {strangers[0]!r}, which has no handler")
        for kind, most in (self._book.bounds() | dict(concurrency_by_type)).items():
            self.slots.bound(kind, most)

    def loops(self) -> list[tuple[str, Callable[[], None]]]:
        """The loops that receive, with the names of their threads."""
        waiting = [] if self.poller.bursting else self.poller.polls.loops()
        return [("foreman-poll", self.poller.run), *waiting]

    def close(self) -> None:
        """End what waits for work, when nothing is held any more or its time is up."""
        self.holdings.close()
        self.performer.close()
