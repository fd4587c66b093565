"""Chalice, kept to the contract: what it answers by itself, before or after a view, gets our shape and our line."""

import logging
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from chalice.app import Chalice

from chalicelib.adapters.system import SystemClock
from chalicelib.api.responses import to_response
from chalicelib.api.telemetry import Exchange, tell_request
from chalicelib.bootstrap import is_cold, stage
from chalicelib.telemetry.invocation import REQUEST_BUDGET_S, invoked
from chalicelib.telemetry.lines import tell_bug
from foreman_contract.enums import ErrorCode
from foreman_engine.api.answers import Answer, error_body, internal_answer

_REFUSALS: Final = {
    400: (ErrorCode.INVALID_REQUEST, "The request is malformed."),
    404: (ErrorCode.NOT_FOUND, "Not found"),
    405: (ErrorCode.METHOD_NOT_ALLOWED, "Method not allowed"),
    415: (ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body must be JSON; send Content-Type: application/json."),
}
"""What Chalice may refuse, by status; anything else that it answers is a bug of ours."""


class ContractChalice(Chalice):
    """The app. An answer without our request id is none of ours, and is replaced; a stack trace leaves by no way."""

    def __init__(self, app_name: str) -> None:
        super().__init__(app_name, configure_logs=False)
        self.log = logging.getLogger(f"{__name__}.{app_name}")
        # Chalice would write whole tracebacks, which may quote payloads, and to the logger of the same name as ours.
        self.log.handlers = [_BugHandler(self)]
        self.log.propagate = False

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer an event of API Gateway."""
        try:
            answer = super().__call__(event, context)
        except Exception as error:
            return _replaced(event, 500, {}, error)
        headers = answer.get("headers", {})
        return answer if "X-Request-Id" in headers else _replaced(event, answer["statusCode"], headers)


class _BugHandler(logging.Handler):
    """What Chalice says of an exception, as we say it."""

    def __init__(self, app: Chalice) -> None:
        super().__init__()
        self._app = app

    def emit(self, record: logging.LogRecord) -> None:
        request = self._app.current_request
        ids = {} if request is None else {"request_id": str(request.context.get("requestId"))}
        if record.exc_info and record.exc_info[1] is not None:
            tell_bug(record.exc_info[1], **ids)


def _replaced(
    event: Any, status: int, headers: Mapping[str, str], error: Exception | None = None
) -> dict[str, Any]:
    found = event.get("requestContext") if isinstance(event, Mapping) else None
    context = found if isinstance(found, Mapping) else {}
    exchange = Exchange(
        request_id=str(context.get("requestId") or uuid4()),
        method=str(context.get("httpMethod", "")),
        route=str(context.get("resourcePath", "")),
        cold_start=is_cold(),
        stage=stage(),
    )
    if error is not None:
        tell_bug(error, request_id=exchange.request_id)
    answer = _answer(
        exchange.request_id, status, {name: headers[name] for name in headers if name == "Allow"}
    )
    exchange.answered(answer)
    with invoked(REQUEST_BUDGET_S) as invocation:
        tell_request(exchange, invocation, SystemClock().now_ms())
    return dict(to_response(answer, exchange.request_id, {}, bodiless=exchange.method == "HEAD").to_dict())


def _answer(request_id: str, status: int, headers: Mapping[str, str]) -> Answer:
    if status not in _REFUSALS:
        return internal_answer(request_id)
    code, text = _REFUSALS[status]
    return Answer(error_body(text, code, request_id), status, headers)
