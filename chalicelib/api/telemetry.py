"""The one line that every request leaves, with its metrics."""

import logging
from dataclasses import dataclass, field

from chalicelib.telemetry import emf, metrics
from chalicelib.telemetry.invocation import Invocation
from chalicelib.telemetry.lines import tell
from foreman_engine.api.answers import Answer


@dataclass(slots=True)
class Exchange:
    """A request and what has become of it so far; filled in as it is learned, so that the line tells what is known."""

    request_id: str
    method: str
    route: str
    cold_start: bool
    stage: str = ""
    org_id: str | None = None
    key_id: str | None = None
    status: int = 500
    code: str | None = None
    """The error code of the answer, if it is one."""
    cause: str | None = None
    """Why the answer is a 5xx, where that is no bug: which dependency, and what is the matter with it."""
    headers: dict[str, str] = field(default_factory=dict)
    """What any answer to this request carries, however it ends."""

    def answered(self, answer: Answer) -> None:
        """Note the answer."""
        self.status = answer.status
        self.code = answer.body.get("code") if answer.body is not None and answer.status >= 400 else None


def tell_request(exchange: Exchange, invocation: Invocation, now_ms: int) -> None:
    """Write the line; a 5xx is a warning."""
    duration_ms = round(invocation.elapsed_s * 1000, 1)
    fields = {
        "request_id": exchange.request_id,
        "org_id": exchange.org_id,
        "key_id": exchange.key_id,
        "method": exchange.method,
        "route": exchange.route,
        "status": exchange.status,
        "code": exchange.code,
        "cause": exchange.cause,
        "duration_ms": duration_ms,
        "read_units": invocation.read_units,
        "write_units": invocation.write_units,
        "cold_start": exchange.cold_start,
    }
    told = metrics.of_request(invocation, exchange.status, duration_ms)
    level = logging.WARNING if exchange.status >= 500 else logging.INFO
    tell("request", {**fields, **emf.members(exchange.stage, told, now_ms)}, level)
