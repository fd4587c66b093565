"""What tests make over and over: an API in one process, states, requests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.bootstrap import Services, install
from chalicelib.config import Settings
from chalicelib.telemetry.invocation import InvocationMeter
from foreman_engine.memory.build import memory_ports
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.keys import create_key
from foreman_engine.service.metering import metered
from foreman_engine.service.ports import Ports

MISSING_ID = "0190c5c8-0000-7000-8000-000000000000"
"""A well-formed run id that nothing has."""
MISSING_TASK_ID = "0190c5c8-0000-8000-8000-000000000000"


@dataclass(frozen=True)
class Answered:
    """An HTTP answer."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Api:
    """The app, called as API Gateway calls it, with one organization's key."""

    services: Services
    key: str
    org_id: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ports(self) -> Ports:
        return self.services.ports

    def __call__(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        raw: bytes | str | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answered:
        """Send a request; `body` is sent as JSON, `raw` as it is."""
        from app import app

        text = raw if raw is not None else (None if body is None else json.dumps(body))
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        event = gateway_event(app.routes, method, url, text, {**sent, **self.headers, **(headers or {})})
        with installed(self.services):
            answer = app(event, None)
        content = json.loads(answer["body"]) if answer["body"] else None
        return Answered(answer["statusCode"], content, dict(answer["headers"]))

    def another(self, org_id: str) -> "Api":
        """The same deployment with the key of another organization."""
        _, key = create_key(self.ports, org_id, self.services.settings.stage, unlimited=True)
        return Api(self.services, key, org_id)


@contextmanager
def installed(services: Services) -> Iterator[None]:
    """The services that routes and event handlers find inside the block."""
    install(services)
    try:
        yield
    finally:
        install(None)


def gateway_event(
    routes: Any, method: str, url: str, body: bytes | str | None, headers: Mapping[str, str | None]
) -> dict[str, Any]:
    """The Lambda proxy event that API Gateway makes of a request."""
    import base64

    parts = urlsplit(url)
    resource, parameters = match(routes, parts.path)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    encoded = isinstance(body, bytes)
    return {
        "resource": resource,
        "path": parts.path,
        "httpMethod": method,
        "headers": {name: value for name, value in headers.items() if value is not None},
        "multiValueHeaders": {name: [value] for name, value in headers.items() if value is not None},
        "multiValueQueryStringParameters": query or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": parts.path,
            "requestId": "request-1",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": encoded,
    }


def match(routes: Any, path: str) -> tuple[str, dict[str, str]]:
    """The resource that API Gateway would choose: literal segments before parameters, the catch-all last."""
    segments = path.strip("/").split("/")
    best: tuple[int, str, dict[str, str]] | None = None
    for resource in routes:
        pattern = resource.strip("/").split("/")
        if len(pattern) != len(segments) or "+" in resource:
            continue
        parameters = {}
        literal = 0
        for want, got in zip(pattern, segments, strict=True):
            if want.startswith("{"):
                parameters[want[1:-1]] = got  # as it came: API Gateway decodes none
            elif want == got:
                literal += 1
            else:
                break
        else:
            if best is None or literal > best[0]:
                best = (literal, resource, parameters)
    return (best[1], best[2]) if best else ("/{proxy+}", {"proxy": path.lstrip("/")})


def settings(stage: str = "test") -> Settings:
    """Settings of a deployment that exists in memory only."""
    return Settings.from_env({"FOREMAN_STAGE": stage})


def memory_api(org_id: str = "acme") -> tuple[Api, ManualClock]:
    """An API on memory ports, and its clock."""
    clock = ManualClock()
    ports = metered(memory_ports(clock), InvocationMeter())
    services = Services(settings(), ports)
    _, key = create_key(ports, org_id, "test", unlimited=True)
    return Api(services, key, org_id), clock
