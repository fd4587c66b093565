"""Keeping alive what is held: leases at Foreman and visibility on the queue, in one rhythm."""

from collections.abc import Sequence
from typing import Any

from foreman_client._arguments import JsonObject
from foreman_client._batches import batches
from foreman_client._json import encode, escaped_size
from foreman_client._unset import UNSET
from foreman_client.worker.api import WorkApi
from foreman_client.worker.attempts import Attempt, Holdings, Phase
from foreman_client.worker.disposal import Disposal, Told
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.outage import Outage, logger
from foreman_client.worker.pace import REAL, Pace
from foreman_contract import limits
from foreman_contract.enums import HeartbeatOutcome, MessageAction
from foreman_contract.work import HeartbeatResult

_ROOM_FOR_BEATS = limits.MAX_BODY_BYTES - limits.KIB


class Heartbeat:
    """One loop for a thread: every third of the shortest lease, one call for all attempts that are held."""

    def __init__(
        self,
        api: WorkApi,
        options: WorkerOptions,
        holdings: Holdings,
        disposal: Disposal,
        pace: Pace = REAL,
    ) -> None:
        self._api = api
        self._options = options
        self._holdings = holdings
        self._disposal = disposal
        self._monotonic = pace.monotonic
        self.outage = Outage("heartbeat", options.timing, pace.uniform, pace.monotonic)

    def run(self) -> None:
        """Beat until the holdings are closed."""
        seen = self._holdings.changes
        while self._holdings.wait_for_change(self.due_in_s(), seen):
            seen = self._holdings.changes
            if self.due_in_s() == 0:
                self.beat()

    def due_in_s(self) -> float | None:
        """Seconds until the next beat; None while nothing is held."""
        dates = [attempt.beat_at for attempt in self._holdings.held()]
        return max(0.0, min(dates) - self._monotonic()) if dates else None

    def beat(self) -> None:
        """Say that everything held is alive, and do what the answer says of each."""
        beats = [(attempt, _beat(attempt)) for attempt in self._holdings.held()]
        sized = [(attempt, beat, escaped_size(encode(beat)) + 1) for attempt, beat in beats]
        for part in batches(sized, limits.MAX_HEARTBEAT, lambda each: each[2], _ROOM_FOR_BEATS):
            self._beat_part([(attempt, beat) for attempt, beat, _ in part])

    def _beat_part(self, part: Sequence[tuple[Attempt, JsonObject]]) -> None:
        asked_at = self._monotonic()
        result = self._api.heartbeat([beat for _, beat in part])
        if not result.success:
            self.outage.failed(result.error)
            self._keep_hidden([attempt for attempt, _ in part])
            return
        self.outage.recovered()
        answers = {answer.id: answer for answer in result.data.results}
        extended: list[Told] = []
        for attempt, beat in part:
            _forget_progress(attempt, beat.get("progress", UNSET))
            answer = answers.get(attempt.task.id)
            if answer is None:
                attempt.beat_at = asked_at + self._options.timing.beat_retry_s
            elif answer.outcome is HeartbeatOutcome.EXTENDED:
                extended.append(self._extend(attempt, asked_at, answer.seconds))
            else:
                self._end(attempt, answer)
        self._disposal.do_as_told(extended)

    def _extend(self, attempt: Attempt, asked_at: float, lease_s: int | None) -> Told:
        left_s = self._options.default_lease_s if lease_s is None else lease_s
        attempt.beat_at = asked_at + max(left_s / 3, self._options.timing.shortest_beat_s)
        visibility_s = left_s + self._options.timing.visibility_margin_s
        # An attempt that was recorded meanwhile keeps what its report's answer said of the message.
        action = MessageAction.LEAVE if attempt.phase is Phase.GONE else MessageAction.HIDE
        return Told(attempt.message, action, visibility_s)

    def _end(self, attempt: Attempt, answer: HeartbeatResult) -> None:
        """The attempt is over; an attempt whose result is known already hears so from the answer to its report."""
        if self._holdings.give_up(attempt):
            logger.info(
                "attempt %d of task %s is over: %s", attempt.task.attempt, attempt.task.id, answer.outcome
            )
            self._disposal.do_as_told([Told(attempt.message, answer.message, answer.seconds)])
        else:
            attempt.beat_at = self._monotonic() + self._options.timing.beat_retry_s

    def _keep_hidden(self, attempts: Sequence[Attempt]) -> None:
        """Foreman is away: keep the messages from other workers and ask again soon."""
        soon = self._monotonic() + self._options.timing.beat_retry_s
        for attempt in attempts:
            attempt.beat_at = soon
        self._disposal.hide((attempt.message for attempt in attempts), self._options.visibility_s)


def _beat(attempt: Attempt) -> JsonObject:
    beat: JsonObject = {"id": attempt.task.id, "attempt": attempt.task.attempt}
    if attempt.progress is not UNSET:
        beat["progress"] = attempt.progress
    return beat


def _forget_progress(attempt: Attempt, sent: Any) -> None:
    """What was told need not be told again, unless the handler has set another value meanwhile."""
    if attempt.progress is sent:
        attempt.progress = UNSET
