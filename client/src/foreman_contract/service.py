"""Bodies of health, configuration and errors."""

from pydantic import Field

from foreman_contract.base import WireModel

DEFAULT_TASK_QUEUE = "foreman:tasks"
DEFAULT_RESULT_QUEUE = "foreman:results"


class PriorityUrls(WireModel):
    """The three physical queues of one logical task queue."""

    high: str
    normal: str
    low: str


class Queues(WireModel):
    """GET /api/v1/config/queues: logical names and the URLs they resolve to."""

    task_queue: str
    result_queue: str
    task_queue_url: str
    task_queue_urls: PriorityUrls
    result_queue_url: str


class Config(WireModel):
    """GET /api/v1/config."""

    version: str
    environment: str
    region: str
    aws_endpoint_url: str | None = None
    queues: Queues
    limits: dict[str, int]


class Health(WireModel):
    """GET /health."""

    status: str
    timestamp: str
    environment: str
    services: dict[str, str]


class ErrorDetail(WireModel):
    """One fault of a request: `path` as in the request, `tasks[3].inputData`."""

    path: str
    message: str


class ErrorBody(WireModel):
    """Every error answer."""

    error: str
    code: str
    details: list[ErrorDetail] = Field(default_factory=list)
    request_id: str
