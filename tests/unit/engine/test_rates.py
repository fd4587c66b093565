"""Rate limits as operators write them."""

import pytest

from foreman_engine.domain.rates import RateLimit, format_rate, parse_rate


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("100/15m", RateLimit(100, 900)),
        ("5/s", RateLimit(5, 1)),
        ("1/1h", RateLimit(1, 3600)),
        ("1000/7d", RateLimit(1000, 604_800)),
    ],
)
def test_a_limit_is_requests_in_a_window(text: str, limit: RateLimit) -> None:
    assert parse_rate(text) == limit
    assert parse_rate(format_rate(limit)) == limit


def test_off_is_no_limit() -> None:
    assert parse_rate("off") is None


@pytest.mark.parametrize(
    "text", ["", "100", "0/15m", "100/0m", "-1/5m", "1.5/m", "100/15w", "100 / 15m", "OFF"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no rate limit"):
        parse_rate(text)
