"""Calling the Chalice app as Lambda would, from many threads of one process."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from chalice.app import Chalice
from chalice.local import LocalChalice

from chalicelib.api.http import REFUSAL
from foreman_contract.enums import ErrorCode
from infra.local.gateway.event import Event, HttpRequest, HttpResponse, build_event, parse_answer
from infra.local.gateway.patience import Patience
from infra.local.gateway.refusals import broken, refusal, too_large, unavailable
from infra.local.gateway.routes import Node, build_tree, match

_log = logging.getLogger(__name__)

MAX_EVENT_BYTES: Final = 6 * 1024 * 1024
"""Lambda's limit for a synchronous event and for its answer. Source: Lambda quotas, invocation payload."""
_BESIDE_BODY_BYTES: Final = 256 * 1024
"""More than an event holds beside its body: the head, at most 10,240 bytes, several times."""
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

    def __init__(self, app: Chalice, stage: str, region: str, timeout_s: float = TIMEOUT_S) -> None:
        """Take over the app: from here on it may be called by many threads at once."""
        app.__class__ = type("ThreadedChalice", (_ThreadedChalice, app.__class__), {})
        self._app = app
        self._stage = stage
        self._region = region
        self._timeout_s = timeout_s
        self._patience = Patience()
        self._tree: Node = build_tree(app.routes)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The app's answer, or what API Gateway itself would answer; never raises for what the request holds."""
        found = match(self._tree, request.path)
        allowed = [] if found is None else self._allowed(found.resource)
        if found is None or not (allowed or request.method in self._app.routes[found.resource]):
            return refusal(404, ErrorCode.NOT_FOUND, "Not found")
        if request.method not in self._app.routes[found.resource]:
            headers = [("Allow", ", ".join(allowed))]
            return refusal(405, ErrorCode.METHOD_NOT_ALLOWED, "Method not allowed", headers)
        event = build_event(request, found, self._stage, self._app.api.binary_types)
        if not _fits_lambda(event):
            return too_large(f"A request is at most {MAX_EVENT_BYTES} bytes as JSON text here.")
        return self._invoke(event)

    def _allowed(self, resource: str) -> list[str]:
        """The methods that the app serves there, without those that it registers only to refuse them."""
        routes = self._app.routes[resource]
        return sorted(method for method, entry in routes.items() if not entry.view_name.startswith(REFUSAL))

    def _invoke(self, event: Event) -> HttpResponse:
        context = LambdaContext(f"foreman-{self._stage}", self._region, self._timeout_s)
        called = f"{event['httpMethod']} {event['resource']}"
        try:
            answer = self._patience.call(lambda: self._app(event, context), self._timeout_s)
            response = parse_answer(answer)
        except TimeoutError:
            _log.error("bug: %s took over %s s", called, self._timeout_s)
            return unavailable(504, "The answer took too long.")
        except Exception as error:  # without its text, which may quote a payload
            _log.error("bug: %s failed: %s", called, type(error).__name__)
            return broken()
        if not _fits_lambda(answer):
            _log.error("bug: the answer to %s is over %d bytes as JSON text", called, MAX_EVENT_BYTES)
            return broken()
        request_id = event["requestContext"]["requestId"]
        return HttpResponse(
            response.status, [*response.headers, ("x-amzn-RequestId", request_id)], response.body
        )


def _fits_lambda(document: Mapping[str, Any]) -> bool:
    """Whether an event or an answer passes as JSON text, in which its body is escaped once more."""
    body = document.get("body") or ""
    # Escaping makes six bytes of one character at most, so a small one needs no exact count.
    if len(body) * 6 < MAX_EVENT_BYTES - _BESIDE_BODY_BYTES:
        return True
    return len(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")) <= MAX_EVENT_BYTES
