"""Routes that tell about the service: health, configuration, queues."""

from datetime import UTC, datetime
from typing import Final

from foreman_contract import limits
from foreman_contract.fields import QUEUE_NAME_PATTERN
from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE, Config, Health, Queues
from foreman_engine.api.answers import Answer
from foreman_engine.api.parameters import Text
from foreman_engine.api.query import Query, invalid
from foreman_engine.api.routes import Call, Routes
from foreman_engine.service.health import check

routes: Final = Routes()

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


@routes.endpoint("GET", "/health", public=True, answers={200: Health, 503: Health})
def health(call: Call) -> Answer:
    """Tell whether the database and the queues can be reached."""
    found = check(call.ports)
    now = datetime.fromtimestamp(call.ports.clock.now_ms() / 1000, UTC)
    body = Health(
        status="healthy" if found.database else "unhealthy",
        timestamp=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        environment=call.place.stage,
        services={"database": _word(found.database), "queues": _word(found.queues)},
    )
    return Answer(body.to_wire()) if found.database else Answer(body.to_wire(), 503, {"Retry-After": "1"})


def _word(reachable: bool) -> str:
    return "healthy" if reachable else "unhealthy"


@routes.endpoint("GET", "/api/v1/config", answers=Config, parameters=_QUEUES)
def config(call: Call) -> Answer:
    """Everything a client needs to know: version, place, queues, limits."""
    place = call.place
    fields = {
        "version": place.version,
        "environment": place.stage,
        "region": place.region,
        "queues": _queues(call),
        "limits": limits.WIRE,
    }
    if place.aws_endpoint_url:
        fields["aws_endpoint_url"] = place.aws_endpoint_url
    return Answer(Config.model_validate(fields).to_wire())


@routes.endpoint("GET", "/api/v1/config/queues", answers=Queues, parameters=_QUEUES)
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
