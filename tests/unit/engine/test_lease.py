"""How long an attempt is believed alive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_engine.domain.lease import lease_ms, wants_renewal


@pytest.mark.parametrize(
    ("requested_s", "age_ms", "lease"),
    [
        (None, 0, 60_000),
        (None, 60_001, 60_001),
        (None, 10_000_000, 600_000),
        (5, 10_000_000, 5000),
        (3600, 0, 3_600_000),
    ],
)
def test_a_lease_is_exact_when_asked_for_and_else_grows(
    requested_s: int | None, age_ms: int, lease: int
) -> None:
    assert lease_ms(requested_s, age_ms) == lease


@given(st.integers(0, 10**9), st.integers(0, 10**6))
def test_a_grown_lease_never_shrinks(age_ms: int, more: int) -> None:
    assert lease_ms(None, age_ms) <= lease_ms(None, age_ms + more) <= 600_000


@given(st.integers(1000, 3_600_000), st.integers(0, 3_600_000))
def test_a_lease_is_renewed_when_less_than_half_is_left(granted: int, left: int) -> None:
    assert wants_renewal(10**9 + left, granted, 10**9) == (left < granted / 2)
