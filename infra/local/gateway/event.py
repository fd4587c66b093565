"""HTTP request -> Lambda proxy event, and Lambda proxy answer -> HTTP response (REST API, payload format 1.0)."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from infra.clock import now_ms
from infra.local.gateway.routes import Match

Event: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came in; header names keep their case, repeated headers their order."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What goes out. Headers may repeat."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


def build_event(request: HttpRequest, found: Match, stage: str, binary_types: Sequence[str]) -> Event:
    """The event that API Gateway would hand to the function."""
    headers = [*request.headers, *_forwarded(request)]
    multi_headers = _grouped(headers)
    query = _grouped(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
    body, is_base64 = _encode_body(request.body, multi_headers, binary_types)
    return {
        "resource": found.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in multi_headers.items()},
        "multiValueHeaders": multi_headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(found.params) or None,
        "stageVariables": None,
        "requestContext": _context(request, found, stage),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def parse_answer(answer: Mapping[str, Any]) -> HttpResponse:
    """The response that API Gateway would send.

    Raises:
        KeyError, ValueError: the function's answer is not a proxy answer.
    """
    multi = answer.get("multiValueHeaders") or {}
    headers = [
        (name, str(value)) for name, value in (answer.get("headers") or {}).items() if name not in multi
    ]
    headers += [(name, str(value)) for name, values in multi.items() for value in values]
    body = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode()
    return HttpResponse(int(answer["statusCode"]), headers, raw)


def _forwarded(request: HttpRequest) -> list[tuple[str, str]]:
    trace = f"Root=1-{now_ms() // 1000:08x}-{uuid.uuid4().hex[:24]}"
    return [
        ("X-Amzn-Trace-Id", trace),
        ("X-Forwarded-For", request.source_ip),
        ("X-Forwarded-Proto", "http"),
    ]


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _encode_body(
    body: bytes, headers: Mapping[str, Sequence[str]], binary_types: Sequence[str]
) -> tuple[str | None, bool]:
    if not body:
        return None, False
    content_type = next(
        (values[-1] for name, values in headers.items() if name.lower() == "content-type"), ""
    )
    if content_type.split(";")[0].strip().lower() not in binary_types:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass  # base64 keeps the bytes as they are, so that the server can say what is wrong with them
    return base64.b64encode(body).decode("ascii"), True


def _context(request: HttpRequest, found: Match, stage: str) -> dict[str, Any]:
    agent = next((value for name, value in request.headers if name.lower() == "user-agent"), None)
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "stage": stage,
        "requestId": str(uuid.uuid4()),
        "extendedRequestId": "local",
        "requestTimeEpoch": now_ms(),
        "httpMethod": request.method,
        "path": f"/{stage}{request.path}",
        "resourcePath": found.resource,
        "protocol": "HTTP/1.1",
        "identity": {"sourceIp": request.source_ip, "userAgent": agent},
    }
