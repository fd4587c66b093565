"""What a worker says to Foreman. Each may be repeated as it is: the contract answers a repetition the same."""

from collections.abc import Sequence
from typing import Any

from foreman_client._arguments import JsonObject, fields
from foreman_client._json import encode_bytes
from foreman_client._request import Request
from foreman_client._steps import Scope, Steps, exchange
from foreman_client.operations.tolerance import (
    tolerant_claim,
    tolerant_heartbeat,
    tolerant_report,
)
from foreman_client.result import Result
from foreman_contract.work import ClaimResults, HeartbeatResults, ReportResults


def claim(
    scope: Scope, *, worker_id: str, claim_id: str, task_ids: Sequence[str], lease_seconds: int | None
) -> Steps[Result[ClaimResults]]:
    """Claim up to 10 tasks; the same `claim_id` again gets the same attempts again."""
    body = fields(worker_id=worker_id, claim_id=claim_id, lease_seconds=lease_seconds)
    body["tasks"] = [{"id": task_id} for task_id in task_ids]
    return exchange(scope, Request("POST", "/api/v1/tasks/claim", tolerant_claim, body=encode_bytes(body)))


def report(scope: Scope, *, worker_id: str, results: Sequence[JsonObject]) -> Steps[Result[ReportResults]]:
    """Report what became of up to 25 attempts, each in its wire form."""
    body: dict[str, Any] = {"workerId": worker_id, "results": list(results)}
    return exchange(scope, Request("POST", "/api/v1/tasks/report", tolerant_report, body=encode_bytes(body)))


def heartbeat(
    scope: Scope, *, worker_id: str, beats: Sequence[JsonObject], lease_seconds: int | None
) -> Steps[Result[HeartbeatResults]]:
    """Say that up to 100 attempts, each in its wire form, are still running."""
    body = fields(worker_id=worker_id, lease_seconds=lease_seconds) | {"tasks": list(beats)}
    return exchange(
        scope, Request("POST", "/api/v1/tasks/heartbeat", tolerant_heartbeat, body=encode_bytes(body))
    )
