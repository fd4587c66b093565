"""Retries: whether and how long to wait before the same request is sent again. Pure."""

from dataclasses import dataclass
from typing import Final

from foreman_client.errors import ForemanError

_NOTHING_DONE: Final = frozenset({409, 429})
"""Statuses of a refusal that may pass: a request under way, a spent rate limit."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may go on. Waits double from `first_wait_s` up to `longest_wait_s`, with full jitter.

    A wait that the service asks for (Retry-After of a 429 or of a request under way) is no retry; all waits of a call
    together stay under `max_wait_s`.
    """

    max_retries: int
    max_wait_s: float
    first_wait_s: float = 0.5
    longest_wait_s: float = 8.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a call has used up of its patience."""

    retries: int = 0
    waited_s: float = 0.0


def backoff_s(first_s: float, longest_s: float, tries: int, uniform: float) -> float:
    """Full jitter: uniform in [0, min(longest, first * 2^tries])."""
    return uniform * min(longest_s, first_s * 2.0 ** min(tries, 30))


def next_wait(
    patience: Patience, spent: Spent, error: ForemanError, uniform: float
) -> tuple[float, Spent] | None:
    """How long to wait and what is spent then, or None to give up. `uniform` is a draw from [0, 1)."""
    if not error.retryable:
        return None
    asked_to_wait = error.retry_after_s is not None and error.status in _NOTHING_DONE
    if not asked_to_wait and spent.retries >= patience.max_retries:
        return None
    wait = backoff_s(patience.first_wait_s, patience.longest_wait_s, spent.retries, uniform)
    wait += error.retry_after_s or 0.0
    if spent.waited_s + wait > patience.max_wait_s:
        return None
    return wait, Spent(spent.retries + (not asked_to_wait), spent.waited_s + wait)


def may_have_acted(error: ForemanError) -> bool:
    """Whether the service may have done what it was asked, given the passing fault that came instead of its answer."""
    return error.status not in _NOTHING_DONE
