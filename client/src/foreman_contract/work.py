"""Bodies of claim, report and heartbeat: what a worker sends and reads."""

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from foreman_contract import limits
from foreman_contract.base import RequestModel, WireModel
from foreman_contract.enums import (
    ClaimOutcome,
    HeartbeatOutcome,
    MessageAction,
    ReportOutcome,
    ReportStatus,
    TaskStatus,
)
from foreman_contract.fields import Attempt, Id, LeaseSeconds, WorkerId
from foreman_contract.tasks import Task


class TaskRef(RequestModel):
    """One task to claim."""

    id: Id


class Result(RequestModel):
    """What became of one attempt. `retryDelaySeconds` (0-31,536,000) replaces the policy's delay."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"output_data", "error_data"})

    id: Id
    attempt: Attempt
    status: Annotated[ReportStatus, Field(strict=False)]
    output_data: Any = None
    error_data: Any = None
    retryable: bool = True
    retry_delay_seconds: Annotated[float, Field(ge=0, le=limits.MAX_DELAY_S)] | None = None


class Beat(RequestModel):
    """One attempt that is still running."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"progress"})

    id: Id
    attempt: Attempt
    progress: Any = None


def _distinct(elements: list[Any]) -> list[Any]:
    if len({element.id for element in elements}) != len(elements):
        raise PydanticCustomError("not_distinct", "must name each task once")
    return elements


class Claim(RequestModel):
    """POST /api/v1/tasks/claim."""

    worker_id: WorkerId
    claim_id: Annotated[str, Field(min_length=1, max_length=128)]
    tasks: Annotated[
        list[TaskRef], Field(min_length=1, max_length=limits.MAX_CLAIM), AfterValidator(_distinct)
    ]
    lease_seconds: LeaseSeconds | None = None


class Report(RequestModel):
    """POST /api/v1/tasks/report."""

    worker_id: WorkerId
    results: Annotated[
        list[Result], Field(min_length=1, max_length=limits.MAX_REPORT), AfterValidator(_distinct)
    ]


class Heartbeat(RequestModel):
    """POST /api/v1/tasks/heartbeat."""

    worker_id: WorkerId
    tasks: Annotated[
        list[Beat], Field(min_length=1, max_length=limits.MAX_HEARTBEAT), AfterValidator(_distinct)
    ]
    lease_seconds: LeaseSeconds | None = None


class ClaimResult(WireModel):
    """`message` unless claimed; `seconds` is the hide time, or for `claimed` what is left of the lease."""

    id: str
    outcome: Annotated[ClaimOutcome, Field(strict=False)]
    task: Task | None = None
    message: Annotated[MessageAction, Field(strict=False)] | None = None
    seconds: int | None = None


class ReportResult(WireModel):
    """`status` is the task's status after the report."""

    id: str
    outcome: Annotated[ReportOutcome, Field(strict=False)]
    status: Annotated[TaskStatus, Field(strict=False)] | None = None
    message: Annotated[MessageAction, Field(strict=False)]
    seconds: int | None = None


class HeartbeatResult(WireModel):
    """`message` unless extended; then `seconds` is what is left of the lease."""

    id: str
    outcome: Annotated[HeartbeatOutcome, Field(strict=False)]
    message: Annotated[MessageAction, Field(strict=False)] | None = None
    seconds: int | None = None


class ClaimResults(WireModel):
    """Answer to a claim, in request order."""

    results: list[ClaimResult]


class ReportResults(WireModel):
    """Answer to a report, in request order."""

    results: list[ReportResult]


class HeartbeatResults(WireModel):
    """Answer to a heartbeat, in request order."""

    results: list[HeartbeatResult]
