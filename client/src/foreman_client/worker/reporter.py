"""Results on their way to Foreman: batched, repeated until answered, and only then is a message let go."""

import math
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from foreman_client._batches import batches
from foreman_client.errors import ForemanError
from foreman_client.worker.api import WorkApi
from foreman_client.worker.attempts import Holdings
from foreman_client.worker.disposal import Disposal, Told
from foreman_client.worker.options import Timing
from foreman_client.worker.outage import Outage, logger
from foreman_client.worker.pace import REAL, Pace
from foreman_client.worker.reports import Report, failed
from foreman_contract import limits
from foreman_contract.work import ReportResult

_ROOM_FOR_RESULTS: Final = limits.MAX_BODY_BYTES - limits.KIB
_FAULT_OF_THE_REPORT: Final = frozenset({400, 413})
REFUSED: Final = "report_refused"


class Reporter:
    """One loop for a thread; `add` from any other."""

    def __init__(
        self, api: WorkApi, timing: Timing, holdings: Holdings, disposal: Disposal, pace: Pace = REAL
    ) -> None:
        self._api = api
        self._timing = timing
        self._holdings = holdings
        self._disposal = disposal
        self._pace = pace
        self.outage = Outage("reporting results", timing, pace.uniform, pace.monotonic)
        self._waiting: deque[Report] = deque()
        self._changed = threading.Condition()
        self._give_up_at: float | None = None

    def add(self, report: Report) -> None:
        """Have this reported soon."""
        with self._changed:
            self._waiting.append(report)
            self._changed.notify_all()

    def close(self, give_up_at: float) -> None:
        """Report what waits, then end; from `give_up_at` (monotonic seconds) on, end without."""
        with self._changed:
            self._give_up_at = give_up_at
            self._changed.notify_all()

    def run(self) -> None:
        """Report until closed and nothing waits, or the time to give up has come."""
        while batch := self._next_batch():
            if left := self._report(batch):
                logger.warning("stopped before %d results could be reported", len(left) + len(self._waiting))
                return

    @property
    def waiting(self) -> int:
        """How many results wait to be reported."""
        return len(self._waiting)

    def report_waiting(self, give_up_at: float) -> None:
        """Report what waits now and return, for who has no thread for `run`; from `give_up_at` on, keep the rest."""
        self._give_up_at = give_up_at
        try:
            while batch := self._batch_now():
                if left := self._report(batch):
                    with self._changed:
                        self._waiting.extendleft(reversed(left))
                    return
        finally:
            self._give_up_at = None

    def _report(self, batch: Sequence[Report]) -> list[Report]:
        """Report until answered; what is left when it is time to give up."""
        left = list(batch)
        for part in batches(batch, limits.MAX_REPORT, lambda each: each.size, _ROOM_FOR_RESULTS):
            if not self._deliver(part):
                break
            left = left[len(part) :]
        return left

    def _next_batch(self) -> list[Report]:
        """Up to 25 reports of distinct tasks; waits for the first, and a few milliseconds for more while others run."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._give_up_at is not None)
            # A handler that has just ended may be about to add its result.
            while not self._waiting and self._holdings.held() and self._until(math.inf) > 0:
                self._changed.wait(0.01)
            if len(self._waiting) < limits.MAX_REPORT and self._holdings.running():
                self._changed.wait_for(self._is_full, self._timing.report_linger_s)
            return self._take_batch()

    def _batch_now(self) -> list[Report]:
        with self._changed:
            return self._take_batch()

    def _take_batch(self) -> list[Report]:
        batch: dict[str, Report] = {}
        while self._waiting and len(batch) < limits.MAX_REPORT:
            if self._waiting[0].attempt.task.id in batch:
                break
            report = self._waiting.popleft()
            batch[report.attempt.task.id] = report
        return list(batch.values())

    def _is_full(self) -> bool:
        return len(self._waiting) >= limits.MAX_REPORT or self._give_up_at is not None

    def _deliver(self, part: Sequence[Report]) -> bool:
        """Report until answered, the leases being kept alive meanwhile; False when it is time to give up."""
        while True:
            result = self._api.report([report.body for report in part])
            if result.success:
                self.outage.recovered()
                self._settle(part, result.data.results)
                return True
            if result.error.status in _FAULT_OF_THE_REPORT:
                return self._isolate(part, result.error)
            if not self._pause(self.outage.failed(result.error)):
                return False

    def _settle(self, part: Sequence[Report], answers: Sequence[ReportResult]) -> None:
        by_id = {answer.id: answer for answer in answers}
        told: list[Told] = []
        for report in part:
            self._holdings.forget(report.attempt)
            answer = by_id.get(report.attempt.task.id)
            if answer is not None:
                told.append(Told(report.attempt.message, answer.message, answer.seconds))
        self._disposal.do_as_told(told)

    def _isolate(self, part: Sequence[Report], error: ForemanError) -> bool:
        """One faulty element fails the whole call: report each alone, and what is refused alone as a failure."""
        if len(part) > 1:
            return all(self._deliver([report]) for report in part)
        report = part[0]
        code = report.body.get("errorData", {}).get("code") if report.body["status"] == "failed" else None
        if code == REFUSED or report.body["status"] == "released":
            logger.error("a report of task %s is refused: %s", report.attempt.task.id, error)
            self._holdings.forget(report.attempt)
            return True
        reason = {"code": REFUSED, "message": error.message[:2_000]}
        return self._deliver([failed(report.attempt, reason, retryable=False)])

    def _pause(self, seconds: float) -> bool:
        """Pause before the next try; False when there is to be none."""
        deadline = self._pace.monotonic() + seconds
        with self._changed:
            while (left := self._until(deadline)) > 0:
                self._pace.wait(self._changed, left)
            return self._give_up_at is None or self._pace.monotonic() < self._give_up_at

    def _until(self, deadline: float) -> float:
        ends = deadline if self._give_up_at is None else min(deadline, self._give_up_at)
        return ends - self._pace.monotonic()
