"""What API Gateway answers by itself, in the contract's words: data, applied by API calls and by the overlay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """One kind of answer. `headers` are values or `$context` expressions as API Gateway reads them, `body` a template."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def _error(status: int, code: str, text: str, **headers: str) -> GatewayResponse:
    body = f'{{"error": "{text}", "code": "{code}", "requestId": "$context.requestId"}}'
    quoted = {name.replace("_", "-"): f"'{value}'" for name, value in headers.items()}
    return GatewayResponse(
        status,
        body,
        {"Access-Control-Allow-Origin": "'*'", "X-Request-Id": "context.requestId", **quoted},
    )


GATEWAY_RESPONSES: Final[Mapping[str, GatewayResponse]] = {
    "MISSING_AUTHENTICATION_TOKEN": _error(404, "not_found", "Not found"),
    "REQUEST_TOO_LARGE": _error(413, "payload_too_large", "The body is larger than 4 MB."),
    "INTEGRATION_FAILURE": _error(502, "unavailable", "Foreman did not answer.", Retry_After="1"),
    "INTEGRATION_TIMEOUT": _error(504, "unavailable", "Foreman did not answer in time.", Retry_After="1"),
    "THROTTLED": _error(429, "rate_limited", "Too many requests.", Retry_After="1"),
}
"""By API Gateway's name of the response type."""
