"""From received messages to running attempts: claim, start what was won, do as told with the rest."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from foreman_client.worker.api import WorkApi
from foreman_client.worker.attempts import Attempt
from foreman_client.worker.disposal import Disposal, Told
from foreman_client.worker.gate import Gate
from foreman_client.worker.hints import Hint, UnhandledWarning, sort_hints
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.outage import Outage
from foreman_client.worker.pace import REAL, Pace
from foreman_client.worker.queue import Received
from foreman_client.worker.slots import Slots
from foreman_contract.enums import ClaimOutcome, MessageAction
from foreman_contract.tasks import Task
from foreman_contract.work import ClaimResult


@dataclass(frozen=True, slots=True)
class Round:
    """What one claim left open: hints to ask for again, each with what to do should nothing else come of it."""

    unknown: tuple[tuple[Hint, Told], ...] = ()
    deferred: tuple[tuple[Hint, Told], ...] = ()


class Intake:
    """Takes in messages, one slot each; every slot goes to an attempt that starts, or back."""

    def __init__(
        self,
        api: WorkApi,
        options: WorkerOptions,
        types: Collection[str],
        disposal: Disposal,
        slots: Slots,
        gate: Gate,
        start: Callable[[Attempt], None],
        pace: Pace = REAL,
    ) -> None:
        self._api = api
        self._options = options
        self._types = types
        self._disposal = disposal
        self._slots = slots
        self._gate = gate
        self._start = start
        self._pace = pace
        self._warning = UnhandledWarning(options.timing.unhandled_warn_s, pace.monotonic)
        self.outage = Outage("claiming tasks", options.timing, pace.uniform, pace.monotonic)

    def take_in(self, messages: Sequence[Received]) -> int:
        """Start what can be claimed of the messages; blocks while claims fail. How many were worth a claim."""
        found = sort_hints(messages, self._types)
        claimable = [hint for hint in found.claimable if self._slots.enter(hint.type)]
        self._slots.give(len(messages) - len(claimable))
        self._warning.warn(hint.type for hint in found.unhandled)
        hidden = [hint.message for hint in found.unhandled]
        self._disposal.hide(hidden, self._options.timing.unhandled_hide_s)
        self._disposal.do_as_told(self._hide_full(hint) for hint in found.claimable if hint not in claimable)
        asked_at = self._pace.monotonic()
        unknown = self._claim_all(claimable)
        if unknown and self._gate.enter():
            name = "foreman-recheck"
            threading.Thread(target=self._recheck, args=(unknown, asked_at), name=name, daemon=True).start()
        else:
            self._drop(unknown)
        return len(claimable)

    def _hide_full(self, hint: Hint) -> Told:
        """Its type is full here: away for a moment, and longer the more often it came, since SQS gives up on the 100th."""
        timing = self._options.timing
        seconds = min(timing.longest_full_hide_s, timing.full_hide_s * 2 ** (hint.message.receives // 10))
        return Told(hint.message, MessageAction.HIDE, seconds)

    def _claim_all(self, hints: Sequence[Hint]) -> tuple[tuple[Hint, Told], ...]:
        """Claim until nothing is deferred any more, or a claim wins nothing; answers what is unknown."""
        unknown: tuple[tuple[Hint, Told], ...] = ()
        while hints:
            last = self._claim_once(hints)
            unknown += last.unknown
            if len(last.deferred) == len(hints):
                self._drop(last.deferred)
                break
            hints = [hint for hint, _ in last.deferred]
        return unknown

    def _recheck(self, unknown: Sequence[tuple[Hint, Told]], asked_at: float) -> None:
        """Claim unknown tasks again, ever later, before doing as told: the record may come behind its message.

        Pauses count from the question, not from its answer: the record cannot have been there before it.
        """
        try:
            for pause_s in self._options.timing.recheck_s:
                if self._pace.wait(
                    self._gate.stopping, max(0.0, asked_at + pause_s - self._pace.monotonic())
                ):
                    break
                asked_at = self._pace.monotonic()
                unknown = self._claim_all([hint for hint, _ in unknown])
                if not unknown:
                    return
            self._drop(unknown)
        finally:
            self._gate.leave()

    def _claim_once(self, hints: Sequence[Hint]) -> Round:
        asked_at = self._pace.monotonic()
        answers = self._answers(hints)
        if answers is None:
            self._disposal.give_back(hint.message for hint in hints)
            self._leave(hints)
            return Round()
        told = [(hint, answers.get(hint.task_id)) for hint in hints]
        for hint, answer in told:
            if answer is not None and answer.outcome is ClaimOutcome.CLAIMED and answer.task is not None:
                self._begin(hint, answer.task, asked_at, answer.seconds)
        rest = [(hint, answer) for hint, answer in told if not _is_won(answer)]
        self._drop([(hint, _told(hint, answer)) for hint, answer in rest if not _is_open(answer)])
        return Round(
            _with(ClaimOutcome.UNKNOWN, rest),
            _with(ClaimOutcome.DEFERRED, rest),
        )

    def _begin(self, hint: Hint, task: Task, asked_at: float, lease_s: int | None) -> None:
        granted_s = self._options.default_lease_s if lease_s is None else lease_s
        beat_in_s = max(granted_s / 3, self._options.timing.shortest_beat_s)
        self._start(Attempt(task, hint.message, asked_at + beat_in_s, hint.type))

    def _answers(self, hints: Sequence[Hint]) -> dict[str, ClaimResult] | None:
        """One claim, repeated as it is until it is answered; meanwhile the messages stay hidden. None when stopping."""
        claim_id = str(uuid4())
        hidden_at = self._pace.monotonic()
        while True:
            result = self._api.claim(claim_id, [hint.task_id for hint in hints])
            if result.success:
                self.outage.recovered()
                self._gate.claims_work.set()
                return {answer.id: answer for answer in result.data.results}
            self._gate.claims_work.clear()
            if self._pace.wait(self._gate.stopping, self.outage.failed(result.error)):
                return None
            if self._pace.monotonic() - hidden_at > self._options.visibility_s / 3:
                hidden_at = self._pace.monotonic()
                self._disposal.hide((hint.message for hint in hints), self._options.visibility_s)

    def _drop(self, told: Sequence[tuple[Hint, Told]]) -> None:
        self._disposal.do_as_told(each for _, each in told)
        self._leave(hint for hint, _ in told)

    def _leave(self, hints: Iterable[Hint]) -> None:
        for hint in hints:
            self._slots.leave(hint.type)


def _is_won(answer: ClaimResult | None) -> bool:
    return answer is not None and answer.outcome is ClaimOutcome.CLAIMED and answer.task is not None


def _is_open(answer: ClaimResult | None) -> bool:
    return answer is not None and answer.outcome in (ClaimOutcome.UNKNOWN, ClaimOutcome.DEFERRED)


def _told(hint: Hint, answer: ClaimResult | None) -> Told:
    if answer is None:
        return Told(hint.message, None)
    return Told(hint.message, answer.message, answer.seconds)


def _with(
    outcome: ClaimOutcome, told: Sequence[tuple[Hint, ClaimResult | None]]
) -> tuple[tuple[Hint, Told], ...]:
    return tuple(
        (hint, _told(hint, answer))
        for hint, answer in told
        if answer is not None and answer.outcome is outcome
    )
