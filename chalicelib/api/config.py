"""Routes that tell about the service: health, configuration, queues."""

from datetime import UTC, datetime
from typing import Final

from chalice.app import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import Call, endpoint
from chalicelib.api.parameters import Text
from chalicelib.api.query import Query, invalid
from chalicelib.config import VERSION
from foreman_contract import limits
from foreman_contract.fields import QUEUE_NAME_PATTERN
from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE, Config, Health, Queues
from foreman_engine.service.health import check

blueprint = Blueprint(__name__)

_TASK_QUEUE: Final = Text(
    "taskQueue",
    "The logical name of the task queue.",
    pattern=QUEUE_NAME_PATTERN.pattern,
    default=DEFAULT_TASK_QUEUE,
)
_RESULT_QUEUE: Final = Text(
    "resultQueue",
    "The logical name of the result queue.",
    pattern=QUEUE_NAME_PATTERN.pattern,
    default=DEFAULT_RESULT_QUEUE,
)
_QUEUES: Final = (_TASK_QUEUE, _RESULT_QUEUE)


@endpoint(blueprint, "GET", "/health", public=True, answers={200: Health, 503: Health})
def health(call: Call) -> Answer:
    """Tell whether the database and the queues can be reached."""
    found = check(call.ports)
    now = datetime.fromtimestamp(call.ports.clock.now_ms() / 1000, UTC)
    body = Health(
        status="healthy" if found.database else "unhealthy",
        timestamp=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        environment=call.services.settings.stage,
        services={"database": _word(found.database), "queues": _word(found.queues)},
    )
    return Answer(body.to_wire()) if found.database else Answer(body.to_wire(), 503, {"Retry-After": "1"})


def _word(reachable: bool) -> str:
    return "healthy" if reachable else "unhealthy"


@endpoint(blueprint, "GET", "/api/v1/config", answers=Config, parameters=_QUEUES)
def config(call: Call) -> Answer:
    """Everything a client needs to know: version, place, queues, limits."""
    settings = call.services.settings
    fields = {
        "version": VERSION,
        "environment": settings.stage,
        "region": settings.region,
        "queues": _queues(call),
        "limits": limits.WIRE,
    }
    if settings.aws_endpoint_url:
        fields["aws_endpoint_url"] = settings.aws_endpoint_url
    return Answer(Config.model_validate(fields).to_wire())


@endpoint(blueprint, "GET", "/api/v1/config/queues", answers=Queues, parameters=_QUEUES)
def queues(call: Call) -> Answer:
    """Resolve logical queue names to URLs, creating what is absent."""
    return Answer(_queues(call).to_wire())


def _queues(call: Call) -> Queues:
    task_queue = _queue_name(call.query, _TASK_QUEUE)
    result_queue = _queue_name(call.query, _RESULT_QUEUE)
    return call.ports.messages.resolve(call.org_id, task_queue, result_queue)


def _queue_name(query: Query, parameter: Text) -> str:
    text = query.text(parameter)
    if text is None:
        return parameter.default or ""
    if not QUEUE_NAME_PATTERN.fullmatch(text):
        raise invalid(parameter.name, "must be 1-40 characters: letters, digits, '-', '_', ':'")
    return text
