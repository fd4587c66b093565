"""The one place where HTTP meets a use case: parse, authorize, call, serialize, and turn errors into answers."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Final, TypeVar, Unpack

from chalice.app import Blueprint, Request, Response

from chalicelib.adapters.system import SystemClock
from chalicelib.api.auth import authorize
from chalicelib.api.rate_limit import count
from chalicelib.api.requests import arrived, query_of, request_id_of, traceparent_of
from chalicelib.api.responses import to_response
from chalicelib.api.telemetry import Exchange, tell_request
from chalicelib.bootstrap import is_cold, services, stage
from chalicelib.config import VERSION, Settings
from chalicelib.telemetry.invocation import REQUEST_BUDGET_S, invoked
from chalicelib.telemetry.lines import tell_bug
from foreman_engine.api.answers import Answer, error_answer, internal_answer
from foreman_engine.api.routes import Call, Declared, Place, Route, View, declare
from foreman_engine.api.serving import serve
from foreman_engine.domain.errors import DeploymentError, EngineError, UnavailableError

REFUSAL: Final = "refusal."
"""How the names of views begin that only refuse: they are no part of the API."""
IMPLIED: Final = "implied."
"""How the names of views begin that follow from other routes of their path."""
UNLISTED: Final = (REFUSAL, IMPLIED)
"""What the OpenAPI document leaves out."""


ROUTES: Final[dict[str, Route]] = {}
"""Every route by the name of its view, once it is registered."""

V = TypeVar("V", bound=View)


def blueprint_of(routes: Iterable[Route], import_name: str) -> Blueprint:
    """The routes of one resource, for the app to register."""
    blueprint = Blueprint(import_name)
    for route in routes:
        _register(blueprint, route, route.name)
    return blueprint


def endpoint(
    blueprint: Blueprint, method: str, path: str, *, name: str | None = None, **declared: Unpack[Declared]
) -> Callable[[V], V]:
    """Register a view of the server's own, which no other host of the engine has; see `declare`. `name` must be unique."""

    def register(view: V) -> V:
        route = declare(method, path, view, **declared)
        _register(blueprint, route, name or route.name)
        return view

    return register


def _register(blueprint: Blueprint, route: Route, name: str) -> None:
    @wraps(route.view)
    def handle(**path_parameters: str) -> Response:
        return _handle(route, blueprint.current_request, path_parameters)

    ROUTES[name] = route
    blueprint.route(route.path, methods=[route.method], name=name, content_types=["*/*"])(handle)


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
    call = Call(current.ports, _place(current.settings), org_id, query_of(request), traceparent_of(request))
    if route.method == "OPTIONS":  # it asks about the path, whatever ids stand in it
        return route.view(call)
    return serve(route, call, arrived(request, path_parameters))


def _place(settings: Settings) -> Place:
    return Place(VERSION, settings.stage, settings.region, settings.aws_endpoint_url)
