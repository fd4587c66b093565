"""The API in memory: the operations' own table, met by httpx instead of a server."""

import logging
import re
from itertools import count
from typing import Final
from urllib.parse import parse_qsl

import httpx

from foreman_client._version import __version__
from foreman_client.testing._faults import Faults, Plan, refusal
from foreman_engine.api.answers import Answer, MethodNotAllowedError, error_answer, internal_answer
from foreman_engine.api.routes import Call, Place, Route
from foreman_engine.api.serving import IDEMPOTENCY_KEY, Arrived, query_of, serve
from foreman_engine.api.table import RESOURCES
from foreman_engine.domain.errors import EngineError, NotFoundError, UnauthorizedError
from foreman_engine.domain.keys import parse_key
from foreman_engine.domain.payload import compact
from foreman_engine.service.keys import authenticate
from foreman_engine.service.ports import Ports

_REGION: Final = "memory"
_logger: Final = logging.getLogger("foreman_client.testing")


class MemoryService(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport whose other end is the engine."""

    def __init__(self, ports: Ports, stage: str, faults: Faults) -> None:
        self.closed = False
        self._ports = ports
        self._place = Place(__version__, stage, _REGION)
        self._faults = faults
        self._numbers = count(1)
        every = [route for routes in RESOURCES.values() for route in routes]
        self._routes = [(re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", each.path)), each) for each in every]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        return self.handle_request(request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or raise as the network does where a fault is planned."""
        if self.closed:
            raise httpx.ConnectError("this in-memory Foreman is closed", request=request)
        request_id = f"request-{next(self._numbers)}"
        try:
            route, ids = self._route(request)
            plan = self._faults.take(route.view.__name__)
            if plan is not None and not plan.acted:
                answer = _fail(plan, request, request_id)
            else:
                answer = serve(route, self._call(route, request), _arrived(request, ids))
                if plan is not None:
                    answer = _fail(plan, request, request_id)
        except EngineError as error:
            answer = error_answer(error, request_id)
        except httpx.HTTPError:
            raise
        except Exception:
            _logger.exception("a bug of the in-memory Foreman")
            answer = internal_answer(request_id)
        headers = {"content-type": "application/json", "x-request-id": request_id, **answer.headers}
        body = "" if answer.body is None else compact(answer.body)
        return httpx.Response(answer.status, headers=headers, content=body.encode())

    def _route(self, request: httpx.Request) -> tuple[Route, dict[str, str]]:
        path = request.url.raw_path.partition(b"?")[0].decode("ascii")
        found = [(route, match) for pattern, route in self._routes if (match := pattern.fullmatch(path))]
        # A literal segment comes before a parameter: /tasks/claim is no task.
        found = [each for each in found if each[0].path == path] or found
        for route, match in found:
            if route.method == request.method:
                return route, match.groupdict()
        if found:
            raise MethodNotAllowedError(sorted(route.method for route, _ in found))
        raise NotFoundError("Not found")

    def _call(self, route: Route, request: httpx.Request) -> Call:
        org_id = "" if route.public else self._authorized(request.headers.get("authorization", ""))
        values: dict[str, list[str]] = {}
        for name, text in parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True):
            values.setdefault(name, []).append(text)
        return Call(self._ports, self._place, org_id, query_of(values))

    def _authorized(self, header: str) -> str:
        parsed = parse_key(header.removeprefix("Bearer "))
        if parsed is None or parsed.env != self._place.stage:
            raise UnauthorizedError("Send Authorization: Bearer with a valid API key.")
        return authenticate(self._ports, parsed).org_id


def _arrived(request: httpx.Request, ids: dict[str, str]) -> Arrived:
    headers = request.headers
    return Arrived(
        ids,
        request.read,
        headers.get("content-type"),
        headers.get("content-encoding", "identity"),
        headers.get_list(IDEMPOTENCY_KEY),
    )


def _fail(plan: Plan, request: httpx.Request, request_id: str) -> Answer:
    if plan.failure == "timeout":
        raise httpx.ReadTimeout("the test says so", request=request)
    if plan.failure == "connection":
        raise httpx.ConnectError("the test says so", request=request)
    return refusal(plan.failure, request_id)
