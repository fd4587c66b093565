"""Calling the Chalice app as Lambda would, from many threads of one process."""

import json
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any, Final

from chalice.app import Chalice
from chalice.local import LocalChalice

from infra.local.gateway.event import Event, HttpRequest, HttpResponse, build_event, parse_answer
from infra.local.gateway.routes import Node, build_tree, match

MAX_REQUEST_BYTES: Final = 10 * 1024 * 1024
"""API Gateway's limit. Source: API Gateway quotas, REST payload size."""
MAX_EVENT_BYTES: Final = 6 * 1024 * 1024
"""Lambda's limit for a synchronous event and for its answer. Source: Lambda quotas, invocation payload."""
TIMEOUT_S: Final = 29
"""How long API Gateway waits. Source: API Gateway quotas, integration timeout."""
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


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
        if found is None:
            return refusal(404, "not_found", "Not found")
        allowed = sorted(self._app.routes[found.resource])
        if request.method not in allowed:
            return refusal(405, "method_not_allowed", "Method not allowed", [("Allow", ", ".join(allowed))])
        event = build_event(request, found, self._stage, self._app.api.binary_types)
        if _event_bytes(event) > MAX_EVENT_BYTES:
            return too_large(f"A request is at most {MAX_EVENT_BYTES} bytes as JSON text here.")
        return self._invoke(event)

    def _invoke(self, event: Event) -> HttpResponse:
        context = LambdaContext(f"foreman-{self._stage}", self._region)
        response = parse_answer(self._app(event, context))
        if len(response.body) > MAX_EVENT_BYTES:
            return refusal(502, "unavailable", "The answer is larger than Lambda allows")
        request_id = event["requestContext"]["requestId"]
        return HttpResponse(
            response.status, [*response.headers, ("x-amzn-RequestId", request_id)], response.body
        )


def refusal(status: int, code: str, message: str, headers: Sequence[tuple[str, str]] = ()) -> HttpResponse:
    """An error of the gateway's own, shaped like the server's."""
    body = {"error": message, "code": code, "requestId": str(uuid.uuid4())}
    return HttpResponse(status, [("Content-Type", "application/json"), *headers], json.dumps(body).encode())


def too_large(message: str) -> HttpResponse:
    """413, as the contract has it."""
    return refusal(413, "payload_too_large", message)


def _event_bytes(event: Event) -> int:
    body = event["body"]
    if body is None or len(body) * 6 < MAX_EVENT_BYTES:  # the worst escape, \\u0000, is six bytes for one
        return 0
    return len(json.dumps(body, ensure_ascii=False).encode())
