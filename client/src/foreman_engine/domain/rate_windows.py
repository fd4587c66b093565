"""Rate windows: whether one still counts, and what a request is told about it. Pure.

The windows of a key are numbered, so that their order asks no clock. A window belongs to a length: a key whose limit changes in
number goes on in its window, one whose limit changes in length begins a new one.
"""

from dataclasses import dataclass
from typing import Final

from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rates import RateLimit

MAX_SKEW_MS: Final = 60_000
"""How far the clocks of two containers are believed to differ."""


@dataclass(frozen=True, slots=True)
class Window:
    """One of a key's windows: its number from 1 on, its end in epoch milliseconds, and how many requests counted in it."""

    number: int
    ends_at: int
    used: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What one request is told: its limit, what is left of it, and the milliseconds until the window ends."""

    limit: RateLimit
    passes: bool
    remaining: int
    left_ms: int


def limit_of(key: ApiKey, default: RateLimit | None) -> RateLimit | None:
    """The limit of a key in a deployment whose own is `default`; None when it has none."""
    return None if key.unlimited else key.rate_limit or default


def is_current(window: Window, limit: RateLimit, now_ms: int) -> bool:
    """Whether requests of now count in the window.

    One that ends later than a window can was begun by a clock that ran ahead; it must not hold the key up until then.
    """
    return 0 < window.ends_at - now_ms <= limit.window_s * 1000 + MAX_SKEW_MS


def is_spent(window: Window, limit: RateLimit) -> bool:
    """Whether the next request in the window is one too many."""
    return window.used >= limit.requests


def standing(window: Window, limit: RateLimit, now_ms: int, *, passes: bool) -> Standing:
    """What a request of now is told."""
    remaining = max(0, limit.requests - window.used)
    return Standing(limit, passes, remaining, max(0, window.ends_at - now_ms))
