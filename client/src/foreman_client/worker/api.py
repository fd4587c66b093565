"""What a worker says to Foreman, with the patience of a worker: its loops repeat, a single call gives up soon."""

from collections.abc import Sequence
from typing import Final, Protocol

from foreman_client._arguments import JsonObject
from foreman_client._http import Session
from foreman_client._retry import Patience
from foreman_client.operations import work
from foreman_client.result import Result
from foreman_client.worker.options import WorkerOptions
from foreman_contract.work import ClaimResults, HeartbeatResults, ReportResults

_PATIENCE: Final = Patience(max_retries=1, max_wait_s=2.0, first_wait_s=0.1, longest_wait_s=0.5)
_TIMEOUT_S: Final = 10.0


class WorkApi(Protocol):
    """Claim, report, heartbeat. None raises for what the service or the network did."""

    def claim(self, claim_id: str, task_ids: Sequence[str]) -> Result[ClaimResults]:
        """Claim up to 10 distinct tasks."""

    def report(self, results: Sequence[JsonObject]) -> Result[ReportResults]:
        """Report up to 25 attempts of distinct tasks."""

    def heartbeat(self, beats: Sequence[JsonObject]) -> Result[HeartbeatResults]:
        """Keep up to 100 attempts of distinct tasks alive."""


class SessionApi:
    """A `WorkApi` over HTTP, on the connections of a client."""

    def __init__(self, session: Session, options: WorkerOptions) -> None:
        self._session = session.with_patience(_PATIENCE, min(session.timeout_s, _TIMEOUT_S))
        self._worker_id = options.worker_id
        self._lease_seconds = options.lease_seconds

    def claim(self, claim_id: str, task_ids: Sequence[str]) -> Result[ClaimResults]:
        """Claim up to 10 distinct tasks."""
        steps = work.claim(
            self._session.scope,
            worker_id=self._worker_id,
            claim_id=claim_id,
            task_ids=task_ids,
            lease_seconds=self._lease_seconds,
        )
        return self._session.run(steps)

    def report(self, results: Sequence[JsonObject]) -> Result[ReportResults]:
        """Report up to 25 attempts of distinct tasks."""
        return self._session.run(work.report(self._session.scope, worker_id=self._worker_id, results=results))

    def heartbeat(self, beats: Sequence[JsonObject]) -> Result[HeartbeatResults]:
        """Keep up to 100 attempts of distinct tasks alive."""
        steps = work.heartbeat(
            self._session.scope, worker_id=self._worker_id, beats=beats, lease_seconds=self._lease_seconds
        )
        return self._session.run(steps)
