"""How long an attempt is believed alive without a word from its worker."""

from foreman_contract import limits


def lease_ms(requested_s: int | None, attempt_age_ms: int) -> int:
    """The lease to grant, in milliseconds: exact when requested, else 60 s growing with the attempt's age to 600 s.

    A long attempt has shown that its worker lives, so it needs to say so less often, and each word costs a write.
    """
    if requested_s is not None:
        return requested_s * 1000
    return min(max(attempt_age_ms, limits.DEFAULT_LEASE_S * 1000), limits.MAX_GROWN_LEASE_S * 1000)


def wants_renewal(lease_until: int, granted_ms: int, now_ms: int) -> bool:
    """Whether less than half of the lease is left, so that a heartbeat writes."""
    return (lease_until - now_ms) * 2 < granted_ms
