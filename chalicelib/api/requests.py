"""Reading a request of API Gateway, as Chalice shows it: its id, its trace, its query, and what it brings."""

import re
from typing import Final
from uuid import uuid4

from chalice.app import Request

from foreman_engine.api import serving
from foreman_engine.api.query import Query
from foreman_engine.api.serving import Arrived

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def request_id_of(request: Request) -> str:
    """The id that API Gateway gave the request, or a fresh one."""
    return str(request.context.get("requestId") or uuid4())


def traceparent_of(request: Request) -> str | None:
    """The caller's W3C trace context, to travel with the messages; a malformed one is ignored, as the standard asks."""
    text = request.headers.get("traceparent")
    return text if text is not None and _TRACEPARENT.fullmatch(text) else None


def query_of(request: Request) -> Query:
    """The request's query parameters, each with all its values.

    Raises:
        InvalidError: a value is no Unicode text.
    """
    given = request.query_params
    return serving.query_of({name: given.getlist(name) for name in given} if given else {})


def arrived(request: Request, path_parameters: dict[str, str]) -> Arrived:
    """What the request brings besides its query."""
    return Arrived(
        path_parameters,
        lambda: _raw(request),
        request.headers.get("content-type"),
        request.headers.get("content-encoding", "identity"),
        _header_values(request, serving.IDEMPOTENCY_KEY),
    )


def _raw(request: Request) -> bytes:
    raw = request.raw_body
    return raw if isinstance(raw, bytes) else raw.encode()


def _header_values(request: Request, wanted: str) -> list[str]:
    """Every value of a header, however its name is spelled each time; Chalice itself knows the last one only."""
    every = request.to_original_event().get("multiValueHeaders") or {}
    return [value for name, values in every.items() if name.lower() == wanted.lower() for value in values]
