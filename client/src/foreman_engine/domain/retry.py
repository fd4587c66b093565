"""When a failed attempt is tried again.

Source: exponential backoff with full jitter, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Before retry n (from 1) the delay is uniform in [0, min(max_s, initial_s * factor ** (n - 1))] seconds."""

    initial_s: float = 2.0
    factor: float = 2.0
    max_s: float = 900.0


DEFAULT_POLICY: Final = RetryPolicy()


def ceiling_s(policy: RetryPolicy, retry: int) -> float:
    """The longest delay before retry number `retry` (from 1), in seconds; large exponents saturate at the maximum."""
    exponent = (retry - 1) * math.log(policy.factor) + math.log(policy.initial_s)
    return policy.max_s if exponent >= math.log(policy.max_s) else math.exp(exponent)


def delay_ms(policy: RetryPolicy | None, retry: int, uniform: float) -> int:
    """The delay before retry `retry`, in milliseconds; `uniform` is drawn from [0, 1)."""
    return round(ceiling_s(policy or DEFAULT_POLICY, retry) * uniform * 1000)
