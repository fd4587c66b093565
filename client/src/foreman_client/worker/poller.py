"""The network side of taking in work: receive what can be started now, and nothing while claims fail."""

import threading
from collections.abc import Mapping, Sequence
from typing import Final

from foreman_client.worker.attempts import Holdings
from foreman_client.worker.disposal import Disposal
from foreman_client.worker.gate import Gate
from foreman_client.worker.intake import Intake
from foreman_client.worker.long_polls import LongPolls
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.pace import REAL, Pace
from foreman_client.worker.queue import Received
from foreman_client.worker.slots import Slots
from foreman_client.worker.source import Source
from foreman_client.worker.turns import Turns
from foreman_contract import limits
from foreman_contract.enums import Priority


class Poller:
    """One loop for a daemon thread: round after round of looks at the queues by their turns.

    With several queues it looks without waiting, and when all are empty waits for `polls`; one alone it polls long itself.
    """

    def __init__(
        self,
        sources: Mapping[Priority, Source],
        options: WorkerOptions,
        intake: Intake,
        disposal: Disposal,
        slots: Slots,
        gate: Gate,
        holdings: Holdings,
        pace: Pace = REAL,
    ) -> None:
        self._sources = sources
        self._timing = options.timing
        self._intake = intake
        self._disposal = disposal
        self._slots = slots
        self._gate = gate
        self._holdings = holdings
        self._pace = pace
        self._turns = Turns(sources)
        self.polls: Final = LongPolls(sources, options.timing.receive_wait_s, self.take_in_late)
        self.bursting = False
        self.drained: Final = threading.Event()

    def run(self) -> None:
        """Poll until the gate closes, or when bursting until there is nothing left to do."""
        while not self._gate.stopping.is_set() and not self.drained.is_set():
            self.poll_once()

    def poll_once(self) -> None:
        """One round: receive what there are free slots for, and take in what came."""
        taken = self._slots.take(limits.MAX_CLAIM, self._timing.slots_linger_s)
        if not taken:
            return
        if not self._gate.claims_work.wait(self._timing.first_backoff_s):
            self._slots.give(taken)
            return
        if self.bursting:
            self._burst(taken)
        elif len(self._sources) == 1:
            self._alone(taken)
        elif not any(self._round(taken, self.polls.open())) and not self._gate.stopping.is_set():
            self.polls.wait_for_messages()

    def look_once(self, most: int) -> tuple[int, int]:
        """One look at the queues by their turns, for who has no thread for `run`; how many were received and started."""
        return self._round(self._slots.take_free(most), frozenset())

    def _alone(self, taken: int) -> None:
        [(priority, source)] = self._sources.items()
        messages = source.wait(taken, self._timing.receive_wait_s)
        self._slots.give(taken - len(messages))
        if messages and not self._take_in(priority, messages):
            self._pace.wait(self._gate.stopping, self._timing.full_pause_s)

    def _round(self, taken: int, skipped: frozenset[Priority], wait_s: int = 0) -> tuple[int, int]:
        """Look at one queue after the other until something was started; how many were received and started."""
        received = started = 0
        for turn in self._turns.order():
            if turn.priority in skipped:
                self._turns.started(turn.priority, 0)
                continue
            if not taken:
                break
            messages = self._sources[turn.priority].look(min(turn.most, taken), wait_s)
            taken -= len(messages)
            received += len(messages)
            started = self._take_in(turn.priority, messages)
            if started:
                break
        self._slots.give(taken)
        if received and not started:
            self._pace.wait(self._gate.stopping, self._timing.full_pause_s)
        return received, started

    def _burst(self, taken: int) -> None:
        """A round; and when nothing came of it while nothing was held, another that asks more thoroughly."""
        seen, quiet = self._holdings.changes, self._is_quiet()
        if any(self._round(taken, frozenset())):
            return
        if not quiet:
            self._holdings.wait_for_change(self._timing.first_backoff_s, seen)
            return
        found = self._round(self._slots.take_free(limits.MAX_CLAIM), frozenset(), self._timing.burst_wait_s)
        if any(source.outage.failures for source in self._sources.values()):
            self._pace.wait(self._gate.stopping, self._timing.first_backoff_s)
        elif not any(found) and self._is_quiet():
            self.drained.set()

    def _is_quiet(self) -> bool:
        return not self._holdings.held() and self._gate.is_empty()

    def take_in_late(self, priority: Priority, messages: Sequence[Received]) -> None:
        """Take in what an open poll brought, as far as there are slots by now, and give the rest back."""
        room = self._slots.take_free(len(messages))
        self._disposal.give_back(messages[room:])
        self._take_in(priority, messages[:room])

    def _take_in(self, priority: Priority, messages: Sequence[Received]) -> int:
        """Start what can be started; how much that is."""
        if not messages:
            self._turns.started(priority, 0)
            return 0
        if not self._gate.enter():
            self._disposal.give_back(messages)
            self._slots.give(len(messages))
            return 0
        try:
            started = self._intake.take_in(messages)
        finally:
            self._gate.leave()
        self._turns.started(priority, started)
        return started
