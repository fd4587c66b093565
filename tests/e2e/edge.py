"""The ways to the app: by the event that API Gateway makes, through the local stack, and deployed."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.factories import Api


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. A header that is None is not sent; `KEY` in one stands for the API key."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: header names in lower case, the body's JSON, or None when there is no body."""

    status: int
    headers: Mapping[str, str]
    body: Any


Way = Callable[[Asked], Said]


def by_event(api: Api) -> Way:
    """Calls the app in this process."""

    def ask(asked: Asked) -> Said:
        headers = _headers(asked, api.key)
        given = {"Authorization": None, "Content-Type": None, **headers}
        answered = api(asked.method, asked.path, raw=asked.body, headers=given)
        return Said(answered.status, _lower(answered.headers), answered.body)

    return ask


def over_http(endpoint: str, key: str) -> Way:
    """Calls whatever listens there."""
    parts = urlsplit(endpoint)

    def ask(asked: Asked) -> Said:
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            headers = {name: value for name, value in _headers(asked, key).items() if value is not None}
            connection.request(asked.method, parts.path + asked.path, body=asked.body, headers=headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        return Said(answer.status, _lower(dict(answer.getheaders())), json.loads(raw) if raw else None)

    return ask


def _headers(asked: Asked, key: str) -> dict[str, str | None]:
    spelled = {name: value and value.replace("KEY", key) for name, value in asked.headers.items()}
    return (
        spelled
        if "authorization" in map(str.lower, spelled)
        else {"Authorization": f"Bearer {key}", **spelled}
    )


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
