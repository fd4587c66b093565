"""The one place where HTTP meets a use case: parse, authorize, call, serialize, and turn errors into answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final, get_type_hints

from chalice.app import Blueprint, Request, Response

from chalicelib.adapters.system import SystemClock
from chalicelib.api.answers import Answer, error_answer, internal_answer, to_response
from chalicelib.api.auth import authorize
from chalicelib.api.parameters import Parameter
from chalicelib.api.query import Query
from chalicelib.api.rate_limit import count
from chalicelib.api.requests import (
    idempotency_of,
    json_body,
    parse,
    path_id,
    query_of,
    request_id_of,
    traceparent_of,
)
from chalicelib.api.telemetry import Exchange, tell_request
from chalicelib.bootstrap import Services, is_cold, services, stage
from chalicelib.telemetry.invocation import REQUEST_BUDGET_S, invoked
from chalicelib.telemetry.lines import tell_bug
from foreman_contract.base import RequestModel, WireModel
from foreman_engine.domain.errors import DeploymentError, EngineError, UnavailableError
from foreman_engine.service.idempotency import IdempotencyKey
from foreman_engine.service.ports import Ports

REFUSAL: Final = "refusal."
"""How the names of views begin that only refuse: they are no part of the API."""
IMPLIED: Final = "implied."
"""How the names of views begin that follow from other routes of their path."""
UNLISTED: Final = (REFUSAL, IMPLIED)
"""What the OpenAPI document leaves out."""


@dataclass(frozen=True, slots=True)
class Call:
    """An authorized request on its way to a use case; on public routes `org_id` is "" and there is no `key`."""

    services: Services
    org_id: str
    request_id: str
    query: Query
    traceparent: str | None = None
    idempotency: IdempotencyKey | None = None

    @property
    def ports(self) -> Ports:
        """What the use case works on."""
        return self.services.ports


@dataclass(frozen=True, slots=True)
class Route:
    """What an endpoint takes and answers; the OpenAPI document shows it."""

    method: str
    path: str
    view: Callable[..., Answer]
    body: type[RequestModel] | None
    public: bool
    counted: bool
    creates: bool
    answers: Mapping[int, type[WireModel]]
    parameters: Sequence[Parameter]
    refuses: Mapping[int, str]


ROUTES: Final[dict[str, Route]] = {}
"""Every route by the name of its view, once it is registered."""


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    public: bool = False,
    counted: bool = True,
    creates: bool = False,
    name: str | None = None,
    answers: type[WireModel] | Mapping[int, type[WireModel]] | None = None,
    parameters: Sequence[Parameter] = (),
    refuses: Mapping[int, str] | None = None,
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Register a view `view(call, [body,] **path_parameters) -> Answer` for one method of one path.

    A parameter `body` of a request model's type makes the route take a body. Path parameters are ids: anything that is no UUID
    is 404. `creates` lets the route take an Idempotency-Key; `public` routes need no API key; requests to
    `counted` ones, which public ones never are, count against the key's rate limit; `name` must be unique.
    What it answers, the query parameters that it reads, and what it refuses with which status go into the OpenAPI document.
    """

    def register(view: Callable[..., Answer]) -> Callable[..., Answer]:
        statuses = (200, 201) if creates else (200,)
        shown = dict.fromkeys(statuses, answers) if isinstance(answers, type) else answers or {}
        body = get_type_hints(view).get("body")
        route = Route(
            method,
            path,
            view,
            body,
            public,
            counted and not public,
            creates,
            shown,
            parameters,
            refuses or {},
        )

        @wraps(view)
        def handle(**path_parameters: str) -> Response:
            return _handle(route, blueprint.current_request, path_parameters)

        unique = name or f"{view.__module__}.{view.__name__}"
        ROUTES[unique] = route
        blueprint.route(path, methods=[method], name=unique, content_types=["*/*"])(handle)
        return view

    return register


def _handle(route: Route, request: Request, path_parameters: dict[str, str]) -> Response:
    """The one decorator's work: whatever happens, the answer has the contract's shape, and there is one line about it."""
    exchange = Exchange(request_id_of(request), route.method, route.path, is_cold(), stage())
    with invoked(REQUEST_BUDGET_S) as invocation:
        answer = _caught(exchange, lambda: _served(route, request, exchange, path_parameters))
        exchange.answered(answer)
        tell_request(exchange, invocation, SystemClock().now_ms())
    return to_response(answer, exchange.request_id, exchange.headers, bodiless=route.method == "HEAD")


def _caught(exchange: Exchange, serve: Callable[[], Answer]) -> Answer:
    """What `serve` answers, or the answer to what it raised."""
    try:
        return serve()
    except (UnavailableError, DeploymentError) as error:
        exchange.cause = str(error)
        return error_answer(error, exchange.request_id)
    except EngineError as error:
        return error_answer(error, exchange.request_id)
    except Exception as error:
        tell_bug(error, request_id=exchange.request_id)
        return internal_answer(exchange.request_id)


def _served(route: Route, request: Request, exchange: Exchange, path_parameters: dict[str, str]) -> Answer:
    """The way of a request that nothing is wrong with."""
    current = services()
    key = None if route.public else authorize(current, request.headers.get("authorization"))
    if key is not None:
        exchange.org_id, exchange.key_id = key.org_id, key.key_id
        if route.counted:
            count(current, key, exchange.headers)
    org_id = "" if key is None else key.org_id
    call = Call(current, org_id, exchange.request_id, query_of(request), traceparent_of(request))
    return _answer(route, request, call, path_parameters)


def _answer(route: Route, request: Request, call: Call, path_parameters: dict[str, str]) -> Answer:
    if route.method == "OPTIONS":  # it asks about the path, whatever ids stand in it
        return route.view(call)
    arguments: dict[str, Any] = {name: path_id(text) for name, text in path_parameters.items()}
    canonical = ""
    if route.body is not None:
        sent = json_body(request)
        arguments["body"] = parse(route.body, sent.fields)
        canonical = sent.canonical
    if route.creates:
        call = replace(call, idempotency=idempotency_of(request, canonical))
    return route.view(call, **arguments)
