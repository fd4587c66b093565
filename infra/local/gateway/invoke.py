"""Calling the Chalice app as Lambda would, from many threads of one process."""

import json
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any, Final

from chalice.app import Chalice
from chalice.local import LocalChalice

from chalicelib.api.http import REFUSAL
from foreman_contract.enums import ErrorCode
from infra.local.gateway.event import Event, HttpRequest, HttpResponse, build_event, parse_answer
from infra.local.gateway.routes import Node, build_tree, match

MAX_REQUEST_BYTES: Final = 10 * 1024 * 1024
"""API Gateway's limit. Source: API Gateway quotas, REST payload size."""
MAX_EVENT_BYTES: Final = 6 * 1024 * 1024
"""Lambda's limit for a synchronous event and for its answer. Source: Lambda quotas, invocation payload."""
TIMEOUT_S: Final = 29
"""How long API Gateway waits. Source: API Gateway quotas, integration timeout."""


class LambdaContext:
    """What Lambda hands to a function beside the event."""

    def __init__(self, function_name: str, region: str, timeout_s: float = TIMEOUT_S) -> None:
        """Begin an invocation now."""
        self.function_name = function_name
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = 1024
        self.aws_request_id = str(uuid.uuid4())
        self.invoked_function_arn = f"arn:aws:lambda:{region}:000000000000:function:{function_name}"
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = "local"
        self._ends_at = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the invocation; never negative."""
        return max(0, int((self._ends_at - time.monotonic()) * 1000))


class _ThreadedChalice(LocalChalice):
    """An app whose current request and context belong to the thread, as in Lambda they belong to the process."""

    _contexts = threading.local()

    @property
    def lambda_context(self) -> Any:
        return self._contexts.value

    @lambda_context.setter
    def lambda_context(self, value: Any) -> None:
        self._contexts.value = value


class Gateway:
    """The app behind its routes: one HTTP request in, one HTTP response out, from any thread."""

    def __init__(self, app: Chalice, stage: str, region: str) -> None:
        """Take over the app: from here on it may be called by many threads at once."""
        app.__class__ = type("ThreadedChalice", (_ThreadedChalice, app.__class__), {})
        self._app = app
        self._stage = stage
        self._region = region
        self._tree: Node = build_tree(app.routes)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The app's answer, or what API Gateway itself would answer; never raises for what the request holds."""
        if len(request.body) > MAX_REQUEST_BYTES:
            return too_large(f"A request is at most {MAX_REQUEST_BYTES} bytes here.")
        found = match(self._tree, request.path)
        allowed = [] if found is None else self._allowed(found.resource)
        if found is None or not (allowed or request.method in self._app.routes[found.resource]):
            return refusal(404, ErrorCode.NOT_FOUND, "Not found")
        if request.method not in self._app.routes[found.resource]:
            headers = [("Allow", ", ".join(allowed))]
            return refusal(405, ErrorCode.METHOD_NOT_ALLOWED, "Method not allowed", headers)
        event = build_event(request, found, self._stage, self._app.api.binary_types)
        if _event_bytes(event) > MAX_EVENT_BYTES:
            return too_large(f"A request is at most {MAX_EVENT_BYTES} bytes as JSON text here.")
        return self._invoke(event)

    def _allowed(self, resource: str) -> list[str]:
        """The methods that the app serves there, without those that it registers only to refuse them."""
        routes = self._app.routes[resource]
        return sorted(method for method, entry in routes.items() if not entry.view_name.startswith(REFUSAL))

    def _invoke(self, event: Event) -> HttpResponse:
        context = LambdaContext(f"foreman-{self._stage}", self._region)
        response = parse_answer(self._app(event, context))
        if len(response.body) > MAX_EVENT_BYTES:
            return refusal(500, ErrorCode.INTERNAL, "The answer is larger than Lambda allows")
        request_id = event["requestContext"]["requestId"]
        return HttpResponse(
            response.status, [*response.headers, ("x-amzn-RequestId", request_id)], response.body
        )


def refusal(
    status: int, code: ErrorCode, message: str, headers: Sequence[tuple[str, str]] = ()
) -> HttpResponse:
    """An error of the gateway's own, shaped like the server's."""
    request_id = str(uuid.uuid4())
    body = {"error": message, "code": code.value, "requestId": request_id}
    own = [("Content-Type", "application/json"), ("X-Request-Id", request_id)]
    return HttpResponse(status, [*own, *headers], json.dumps(body).encode())


def too_large(message: str) -> HttpResponse:
    """413, as the contract has it."""
    return refusal(413, ErrorCode.PAYLOAD_TOO_LARGE, message)


def _event_bytes(event: Event) -> int:
    body = event["body"]
    if body is None or len(body) * 6 < MAX_EVENT_BYTES:  # the worst escape, \\u0000, is six bytes for one
        return 0
    return len(json.dumps(body, ensure_ascii=False).encode())
