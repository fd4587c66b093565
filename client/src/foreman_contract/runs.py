"""Bodies of `/api/v1/runs`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from foreman_contract.base import JsonObject, NotAvailable, PatchModel, RequestModel, WireModel, only
from foreman_contract.enums import RunStatus
from foreman_contract.fields import QueueName


class Run(WireModel):
    """A run as it is answered."""

    id: str
    org_id: str
    status: Annotated[RunStatus, Field(strict=False)]
    input_data: Any = None
    input_data_omitted: bool | None = None
    """True in a list when the payload is over 64 KB: get the run by its id to see it."""
    output_data: Any = None
    output_data_omitted: bool | None = None
    error_data: Any = None
    error_data_omitted: bool | None = None
    metadata: JsonObject | None = None
    total_tasks: int
    pending_tasks: int
    completed_tasks: int
    failed_tasks: int
    cancelled_tasks: int
    auto_complete: bool
    created_at: int
    updated_at: int
    started_at: int | None = None
    completed_at: int | None = None
    duration_ms: int | None = None


class CreateRun(RequestModel):
    """POST /api/v1/runs."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"input_data"})

    input_data: Any
    metadata: JsonObject | None = None
    auto_complete: bool = False
    result_queue: QueueName | None = None
    shards: Annotated[int, Field(ge=1, le=64), only(1)] = 1
    tasks: NotAvailable = None


class PatchRun(PatchModel):
    """PATCH /api/v1/runs/{id}."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"output_data", "error_data"})

    status: Annotated[RunStatus, Field(strict=False)] | None = None
    output_data: Any = None
    error_data: Any = None
    metadata: JsonObject | None = None


class Pagination(WireModel):
    """How far a page reaches: `next_cursor` is absent on the last page."""

    total: int | None = None
    total_is_lower_bound: bool | None = None
    limit: int
    offset: int
    next_cursor: str | None = None


class RunPage(WireModel):
    """GET /api/v1/runs."""

    data: list[Run]
    pagination: Pagination


SortOrder = Literal["asc", "desc"]
