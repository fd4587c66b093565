"""Bodies of `/api/v1/tasks`: what an application sends and reads."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from foreman_contract import limits
from foreman_contract.base import JsonObject, NotAvailable, PatchModel, RequestModel, WireModel
from foreman_contract.enums import Priority, TaskStatus
from foreman_contract.fields import Attempt, Id, QueueName
from foreman_contract.graphs import DependsOn, FanIn, Ref
from foreman_contract.pages import Pagination


class RetryPolicy(RequestModel):
    """Exponential backoff with full jitter: before retry n, uniform in [0, min(max, initial * factor^(n-1))]."""

    initial_seconds: Annotated[float, Field(gt=0, le=86_400)] = 2.0
    factor: Annotated[float, Field(ge=1, le=100)] = 2.0
    max_seconds: Annotated[float, Field(gt=0, le=86_400)] = 900.0


class Task(WireModel):
    """A task as it is answered."""

    id: str
    run_id: str
    parent_task_id: str | None = None
    org_id: str
    type: str
    status: Annotated[TaskStatus, Field(strict=False)]
    input_data: Any = None
    input_data_omitted: bool | None = None
    """True in a list when the payload is over 64 KB: get the task by its id to see it."""
    output_data: Any = None
    output_data_omitted: bool | None = None
    """As for inputs; also in a batch that is created again under its idempotency key, when 4 MB have no room for it."""
    error_data: Any = None
    error_data_omitted: bool | None = None
    metadata: JsonObject | None = None
    depends_on: list[str] | None = None
    fan_in: FanIn | None = None
    allow_failure: bool | None = None
    queue: str | None = None
    priority: Annotated[Priority, Field(strict=False)]
    retry_count: int
    max_retries: int
    retry_policy: RetryPolicy | None = None
    attempt: int
    worker_id: str | None = None
    progress: Any = None
    created_at: int
    updated_at: int
    available_at: int | None = None
    timeout_seconds: int | None = None
    queued_at: int | None = None
    started_at: int | None = None
    completed_at: int | None = None
    duration_ms: int | None = None
    queue_job_id: str | None = None


class NewTask(RequestModel):
    """A task to create, in a run that is created with it.

    `dependsOn` holds ids of tasks of the run, and refs of tasks of the same call; `fanIn` says how many of them must complete.
    """

    payload_fields: ClassVar[frozenset[str]] = frozenset({"input_data"})

    type: Annotated[str, Field(min_length=1, max_length=limits.MAX_TYPE_CHARS)]
    input_data: Any
    ref: Ref | None = None
    parent_task_id: Id | None = None
    metadata: JsonObject | None = None
    max_retries: Annotated[int, Field(ge=0, le=limits.MAX_RETRIES)] = limits.DEFAULT_MAX_RETRIES
    retry_policy: RetryPolicy | None = None
    queue: QueueName | None = None
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    timeout_seconds: Annotated[int, Field(ge=1, le=limits.MAX_TIMEOUT_S)] | None = None
    depends_on: DependsOn = Field(default_factory=list)
    fan_in: FanIn | None = None
    allow_failure: bool = False
    delay_seconds: Annotated[float, Field(ge=0, le=limits.MAX_DELAY_S)] | None = None
    """It does not start earlier than so long after its creation."""
    available_at: Annotated[int, Field(ge=0)] | None = None
    """It does not start earlier than then, in epoch milliseconds; at most a year ahead."""
    start_by: NotAvailable = None

    @field_validator("available_at")
    @classmethod
    def _refuse_both(cls, value: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("delay_seconds") is not None:
            raise PydanticCustomError("both_delays", "must not be given together with delaySeconds")
        return value


class CreateTask(NewTask):
    """POST /api/v1/tasks, and one element of a batch."""

    run_id: Id
    enqueue: bool = False


class CreateTasks(RequestModel):
    """POST /api/v1/tasks/batch: all of one run, all or nothing."""

    tasks: Annotated[list[CreateTask], Field(min_length=1, max_length=limits.MAX_TASKS_PER_CALL)]


class PatchTask(PatchModel):
    """PATCH /api/v1/tasks/{id}: what a caller did outside."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"output_data", "error_data", "progress"})
    guard_fields: ClassVar[frozenset[str]] = frozenset({"attempt"})

    status: Annotated[TaskStatus, Field(strict=False)] | None = None
    output_data: Any = None
    error_data: Any = None
    metadata: JsonObject | None = None
    queue_job_id: Annotated[str, Field(max_length=limits.MAX_QUEUE_JOB_ID_CHARS)] | None = None
    progress: Any = None
    attempt: Attempt | None = None


class TaskList(WireModel):
    """The answer to a batch, in request order."""

    data: list[Task]


class TaskPage(WireModel):
    """GET /api/v1/tasks."""

    data: list[Task]
    pagination: Pagination


class Dependency(WireModel):
    """One task that another depends on."""

    id: str
    type: str
    status: Annotated[TaskStatus, Field(strict=False)]
    output_data: Any = None
    output_data_omitted: bool | None = None
    """True when the outputs before it fill the answer: get the task by its id to see it."""


class Dependencies(WireModel):
    """GET /api/v1/tasks/{id}/dependencies, in the order of `dependsOn`."""

    data: list[Dependency]
