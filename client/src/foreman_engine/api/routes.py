"""One route: what it takes and answers, and the view that does it. Who serves it adds keys, limits and a transport."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar, Unpack, get_type_hints

from foreman_contract.base import RequestModel, WireModel
from foreman_engine.api.answers import Answer
from foreman_engine.api.parameters import Parameter
from foreman_engine.api.query import Query
from foreman_engine.service.idempotency import IdempotencyKey
from foreman_engine.service.ports import Ports

View = Callable[..., Answer]
V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class Place:
    """What a deployment says of itself."""

    version: str
    stage: str
    region: str
    aws_endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An authorized request on its way to a use case; on public routes `org_id` is ""."""

    ports: Ports
    place: Place
    org_id: str
    query: Query
    traceparent: str | None = None
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """What a route takes and answers; the OpenAPI document shows it."""

    method: str
    path: str
    view: View
    body: type[RequestModel] | None
    public: bool
    counted: bool
    creates: bool
    answers: Mapping[int, type[WireModel]]
    parameters: Sequence[Parameter]
    refuses: Mapping[int, str]

    @property
    def name(self) -> str:
        """Unique among all routes."""
        return f"{self.view.__module__}.{self.view.__name__}"


class Declared(TypedDict, total=False):
    """What a route may say of itself besides method, path and view.

    `creates` lets it take an Idempotency-Key; `public` ones need no API key; requests to `counted` ones (the default), which
    public ones never are, count against the key's rate limit. What it `answers`, the query `parameters` that it reads,
    and what it `refuses` with which status go into the OpenAPI document.
    """

    public: bool
    counted: bool
    creates: bool
    answers: type[WireModel] | Mapping[int, type[WireModel]] | None
    parameters: Sequence[Parameter]
    refuses: Mapping[int, str] | None


def declare(method: str, path: str, view: View, **declared: Unpack[Declared]) -> Route:
    """A route for a view `view(call, [body,] **path_parameters) -> Answer`.

    A parameter `body` of a request model's type makes the route take a body. Path parameters are ids: anything that is no
    UUID is 404.
    """
    creates, public = declared.get("creates", False), declared.get("public", False)
    answers = declared.get("answers")
    statuses = (200, 201) if creates else (200,)
    shown = dict.fromkeys(statuses, answers) if isinstance(answers, type) else answers or {}
    return Route(
        method,
        path,
        view,
        get_type_hints(view).get("body"),
        public,
        declared.get("counted", True) and not public,
        creates,
        shown,
        declared.get("parameters", ()),
        declared.get("refuses") or {},
    )


class Routes:
    """The routes of one resource, in the order of their declaration."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def endpoint(self, method: str, path: str, **declared: Unpack[Declared]) -> Callable[[V], V]:
        """A decorator that declares a view; see `declare`."""

        def register(view: V) -> V:
            self._routes.append(declare(method, path, view, **declared))
            return view

        return register

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)
