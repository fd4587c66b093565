"""What API Gateway answers itself, in the contract's shape."""

import json
import uuid
from collections.abc import Sequence
from typing import Final

from chalicelib.api.cors import ON_EVERY_ANSWER
from foreman_contract.enums import ErrorCode
from infra.local.gateway.event import HttpResponse

_COME_BACK: Final = [("Retry-After", "1")]


def refusal(
    status: int, code: ErrorCode, message: str, headers: Sequence[tuple[str, str]] = ()
) -> HttpResponse:
    """An error of the gateway's own."""
    request_id = str(uuid.uuid4())
    body = {"error": message, "code": code.value, "requestId": request_id}
    own = [("Content-Type", "application/json"), ("X-Request-Id", request_id), *ON_EVERY_ANSWER.items()]
    return HttpResponse(status, [*own, *headers], json.dumps(body).encode())


def no_http(message: str) -> HttpResponse:
    """400: what came is not HTTP as RFC 9112 has it."""
    return refusal(400, ErrorCode.INVALID_REQUEST, message)


def too_large(message: str) -> HttpResponse:
    """413, as the contract has it."""
    return refusal(413, ErrorCode.PAYLOAD_TOO_LARGE, message)


def broken() -> HttpResponse:
    """502: the function failed, or answered what API Gateway cannot pass on."""
    return refusal(502, ErrorCode.INTERNAL, "Something went wrong on our side.", _COME_BACK)


def unavailable(status: int, message: str) -> HttpResponse:
    """503 or 504: nobody is there to answer, or nobody did in time."""
    return refusal(status, ErrorCode.UNAVAILABLE, message, _COME_BACK)
