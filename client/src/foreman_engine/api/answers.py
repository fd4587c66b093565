"""Answers: bodies as JSON text, and errors in the one shape that the contract gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from foreman_contract.enums import ErrorCode
from foreman_engine.domain import errors
from foreman_engine.domain.errors import Fault

MAX_DETAILS: Final = 100
"""How many faults an error lists, so that its answer stays small whatever was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint says: a status, a JSON object (None: no body at all), and headers."""

    body: Mapping[str, Any] | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class UnsupportedMediaTypeError(errors.EngineError):
    """The body's Content-Type is not JSON."""


class MethodNotAllowedError(errors.EngineError):
    """The path exists and takes other methods, those in `allow`."""

    def __init__(self, allow: Sequence[str]) -> None:
        super().__init__(f"This path takes {', '.join(allow)}.")
        self.allow = tuple(allow)


STATUSES: Final[Sequence[tuple[type[errors.EngineError], int, ErrorCode]]] = (
    (errors.NotAvailableError, 400, ErrorCode.NOT_AVAILABLE),
    (errors.InvalidJsonError, 400, ErrorCode.INVALID_JSON),
    (errors.InvalidCursorError, 400, ErrorCode.INVALID_CURSOR),
    (errors.QueryTooBroadError, 400, ErrorCode.QUERY_TOO_BROAD),
    (errors.InvalidError, 400, ErrorCode.INVALID_REQUEST),
    (errors.UnauthorizedError, 401, ErrorCode.UNAUTHORIZED),
    (errors.NotFoundError, 404, ErrorCode.NOT_FOUND),
    (MethodNotAllowedError, 405, ErrorCode.METHOD_NOT_ALLOWED),
    (errors.KeyReusedError, 409, ErrorCode.IDEMPOTENCY_KEY_REUSED),
    (errors.InProgressError, 409, ErrorCode.IN_PROGRESS),
    (errors.ConflictError, 409, ErrorCode.CONFLICT),
    (errors.TooLargeError, 413, ErrorCode.PAYLOAD_TOO_LARGE),
    (UnsupportedMediaTypeError, 415, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
    (errors.RateLimitedError, 429, ErrorCode.RATE_LIMITED),
    (errors.DeploymentError, 500, ErrorCode.DEPLOYMENT_FAULT),
    (errors.UnavailableError, 503, ErrorCode.UNAVAILABLE),
)


def error_answer(error: errors.EngineError, request_id: str) -> Answer:
    """The answer to a request that failed on purpose; a store's signal that got this far is our bug."""
    for kind, status, code in STATUSES:
        if isinstance(error, kind):
            faults = error.faults if isinstance(error, errors.InvalidError) else ()
            return Answer(error_body(_text(error), code, request_id, faults), status, _headers(error))
    return internal_answer(request_id)


def _text(error: errors.EngineError) -> str:
    """What a caller may read. What is wrong with the deployment is its operator's business, and in the log."""
    if isinstance(error, errors.DeploymentError):
        return (
            "This deployment is not set up as it must be. Its operator finds the reason under the request id."
        )
    return str(error)


def internal_answer(request_id: str) -> Answer:
    """The answer to a request that hit a bug of ours."""
    text = "Something went wrong on our side. The request id helps us to find it."
    return Answer(error_body(text, ErrorCode.INTERNAL, request_id), 500)


def error_body(text: str, code: ErrorCode, request_id: str, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    """The contract's error body, with the first faults where there are many."""
    body: dict[str, Any] = {"error": text, "code": code.value}
    if len(faults) > MAX_DETAILS:
        body["error"] = f"{text} The first {MAX_DETAILS} of {len(faults)} faults are listed."
    if faults:
        listed = faults[:MAX_DETAILS]
        body["details"] = [{"path": fault.path, "message": fault.message} for fault in listed]
    return {**body, "requestId": request_id}


def _headers(error: errors.EngineError) -> dict[str, str]:
    match error:
        case errors.UnauthorizedError():
            return {"WWW-Authenticate": "Bearer"}
        case MethodNotAllowedError():
            return {"Allow": ", ".join(error.allow)}
        case errors.RateLimitedError():
            return {"Retry-After": str(max(1, whole_seconds(error.left_ms)))}
        case errors.UnavailableError():
            return {"Retry-After": str(error.retry_after_s)}
        case errors.InProgressError():
            return {"Retry-After": "1"}
        case _:
            return {}


def whole_seconds(ms: int) -> int:
    """Milliseconds as seconds, rounded up."""
    return -(-ms // 1000)
