"""One report: what became of an attempt, in its wire form."""

from dataclasses import dataclass

from foreman_client._arguments import JsonObject
from foreman_client._json import encode, escaped_size
from foreman_client.worker.attempts import Attempt
from foreman_contract.enums import ReportStatus


@dataclass(frozen=True, slots=True)
class Report:
    """An attempt with the body of its report; `size` is how the service counts it."""

    attempt: Attempt
    body: JsonObject
    size: int


def completed(attempt: Attempt, output: object) -> Report:
    """The handler returned `output`, which is JSON."""
    return _report(attempt, ReportStatus.COMPLETED, {"outputData": output})


def failed(
    attempt: Attempt, error: JsonObject, *, retryable: bool, retry_delay_s: float | None = None
) -> Report:
    """The attempt failed; the task is retried by its policy, after the delay, or not at all."""
    fields: JsonObject = {"errorData": error, "retryable": retryable}
    if retry_delay_s is not None:
        fields["retryDelaySeconds"] = retry_delay_s
    return _report(attempt, ReportStatus.FAILED, fields)


def released(attempt: Attempt) -> Report:
    """The attempt is handed back, unstarted or interrupted; no retry is used."""
    return _report(attempt, ReportStatus.RELEASED, {})


def _report(attempt: Attempt, status: ReportStatus, fields: JsonObject) -> Report:
    body = {"id": attempt.task.id, "attempt": attempt.task.attempt, "status": status.value, **fields}
    return Report(attempt, body, escaped_size(encode(body)) + 1)
