"""Bodies of `/api/v1/runs`."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from foreman_contract import limits
from foreman_contract.base import JsonObject, PatchModel, RequestModel, WireModel, only
from foreman_contract.enums import RunStatus
from foreman_contract.fields import QueueName
from foreman_contract.pages import Pagination
from foreman_contract.tasks import NewTask


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
    task_ids: dict[str, str] | None = None
    """The ids of the tasks that were created with the run, by `ref`."""


class CreateRun(RequestModel):
    """POST /api/v1/runs. With `tasks` the run and all of them are created or nothing, and `autoComplete` defaults to true."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"input_data"})

    input_data: Any
    metadata: JsonObject | None = None
    auto_complete: bool = False
    result_queue: QueueName | None = None
    shards: Annotated[int, Field(ge=1, le=64), only(1)] = 1
    tasks: Annotated[list[NewTask], Field(min_length=1, max_length=limits.MAX_TASKS_PER_CALL)] | None = None


class PatchRun(PatchModel):
    """PATCH /api/v1/runs/{id}."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"output_data", "error_data"})

    status: Annotated[RunStatus, Field(strict=False)] | None = None
    output_data: Any = None
    error_data: Any = None
    metadata: JsonObject | None = None


class RunPage(WireModel):
    """GET /api/v1/runs."""

    data: list[Run]
    pagination: Pagination
