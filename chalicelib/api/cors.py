"""Browsers of any origin may call the API: the key is a header that a page must know, and no cookie ever speaks for its user."""

from collections.abc import Mapping, Sequence
from typing import Final

ON_EVERY_ANSWER: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    "X-Request-Id",
}
"""What lets a page read an answer, errors included."""

_REQUEST_HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, traceparent"
_REMEMBERED_S: Final = 7200
"""How long a browser need not ask again. Chrome believes nothing longer. Source: Chromium, CORS preflight cache."""


def preflight(methods: Sequence[str]) -> dict[str, str]:
    """What tells a browser that it may send these methods with the headers that Foreman reads."""
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": str(_REMEMBERED_S),
    }
