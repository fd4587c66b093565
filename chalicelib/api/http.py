"""The one place where HTTP meets a use case: parse, authorize, call, serialize, and turn errors into answers."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final, get_type_hints

from chalice.app import Blueprint, Request, Response

from chalicelib.api.answers import Answer, error_answer, internal_answer, to_response
from chalicelib.api.auth import authorize
from chalicelib.api.parameters import Parameter
from chalicelib.api.query import Query
from chalicelib.api.rate_limit import count
from chalicelib.api.requests import (
    idempotency_of,
    json_fields,
    parse,
    path_id,
    query_of,
    request_id_of,
    traceparent_of,
)
from chalicelib.api.telemetry import log_bug, log_request
from chalicelib.bootstrap import Services, services
from foreman_contract.base import RequestModel, WireModel
from foreman_engine.domain.errors import EngineError
from foreman_engine.domain.keys import ApiKey
from foreman_engine.service.idempotency import IdempotencyKey
from foreman_engine.service.ports import Ports

REFUSAL: Final = "refusal."
"""How the names of views begin that only refuse: they are no part of the API."""


@dataclass(frozen=True, slots=True)
class Call:
    """An authorized request on its way to a use case; on public routes `org_id` is "" and there is no `key`."""

    services: Services
    org_id: str
    request_id: str
    query: Query
    traceparent: str | None = None
    key: ApiKey | None = None
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
    """The one decorator's work: whatever happens, the answer has the contract's shape."""
    request_id = request_id_of(request)
    began = time.monotonic()
    org_id = ""
    limits: dict[str, str] = {}
    try:
        call = _authorized(route, request, request_id)
        org_id = call.org_id
        if route.counted and call.key is not None:
            count(call.services, call.key, limits)
        answer = _answer(route, request, call, path_parameters)
    except EngineError as error:
        answer = error_answer(error, request_id)
    except Exception as error:
        log_bug(error, request_id)
        answer = internal_answer(request_id)
    log_request(route.method, route.path, org_id, request_id, answer.status, time.monotonic() - began)
    return to_response(answer, request_id, limits)


def _authorized(route: Route, request: Request, request_id: str) -> Call:
    current = services()
    key = None if route.public else authorize(current, request.headers.get("authorization"))
    org_id = "" if key is None else key.org_id
    return Call(current, org_id, request_id, query_of(request), traceparent_of(request), key)


def _answer(route: Route, request: Request, call: Call, path_parameters: dict[str, str]) -> Answer:
    arguments: dict[str, Any] = {name: path_id(text) for name, text in path_parameters.items()}
    if route.body is None:
        return route.view(call, **arguments)
    fields = json_fields(request)
    arguments["body"] = parse(route.body, fields)
    if route.creates:
        call = replace(call, idempotency=idempotency_of(request, fields))
    return route.view(call, **arguments)
