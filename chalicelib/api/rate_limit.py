"""The rate limit of API keys over HTTP: what is counted, and the headers that tell a caller where it stands."""

from collections.abc import Mapping
from typing import Final

from chalicelib.bootstrap import Services
from foreman_engine.api.answers import whole_seconds
from foreman_engine.domain.errors import RateLimitedError
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rate_windows import Standing, limit_of
from foreman_engine.service.rate_limit import count_request

HEADERS: Final[Mapping[str, str]] = {
    "RateLimit-Limit": "How many requests the API key may make in one window.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "Whole seconds until the window ends, rounded up.",
    "RateLimit-Policy": "The limit and the length of its window in seconds, such as `100;w=900`.",
}
"""The headers of every answer to a counted request, and what they tell. A key without a limit has none."""


def count(services: Services, key: ApiKey, headers: dict[str, str]) -> None:
    """Count one request of a key, and put where it stands into `headers`, also when it is refused.

    Raises:
        RateLimitedError: the window is spent.
    """
    limit = limit_of(key, services.settings.rate_limit)
    if limit is None:
        return
    known = services.remembered.window(key.hash, limit.window_s)
    standing, window = count_request(services.ports, key, limit, known)
    services.remembered.remember_window(key.hash, limit.window_s, window)
    headers.update(_told(standing))
    if not standing.passes:
        raise RateLimitedError("The rate limit of this API key is spent; see Retry-After.", standing.left_ms)


def _told(standing: Standing) -> dict[str, str]:
    values = (
        str(standing.limit.requests),
        str(standing.remaining),
        str(whole_seconds(standing.left_ms)),
        f"{standing.limit.requests};w={standing.limit.window_s}",
    )
    return dict(zip(HEADERS, values, strict=True))
