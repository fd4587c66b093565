"""Counting requests against a key's rate limit: one write each, and none once the window is known to be spent."""

from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rate_windows import Standing, Window, is_current, is_spent, standing
from foreman_engine.domain.rates import RateLimit
from foreman_engine.service.ports import Ports


def count_request(
    ports: Ports, key: ApiKey, limit: RateLimit, known: Window | None
) -> tuple[Standing, Window]:
    """Where a request stands that the key has just made, and the window to remember as `known` for its next one.

    The requests that pass in one window are exactly `limit.requests`, however many containers count.
    """
    now = ports.clock.now_ms()
    if known is None or not is_current(known, limit, now):
        known = ports.rate_windows.latest(key.org_id, key.hash, limit.window_s)
    if known is not None and is_current(known, limit, now):
        if is_spent(known, limit):
            return standing(known, limit, now, passes=False), known
        number = known.number
    else:
        # All who find the window over meet at the next number; the first of them sets its end.
        number = 1 if known is None else known.number + 1
    window = ports.rate_windows.count(key.org_id, key.hash, limit.window_s, number, now)
    return standing(window, limit, now, passes=window.used <= limit.requests), window
