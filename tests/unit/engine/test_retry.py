"""When a failed attempt is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_engine.domain.retry import DEFAULT_POLICY, RetryPolicy, ceiling_s, delay_ms

policies = st.builds(
    RetryPolicy,
    initial_s=st.floats(0.001, 1000),
    factor=st.floats(1, 100),
    max_s=st.floats(0.001, 100_000),
)


def test_the_default_doubles_from_two_seconds_to_a_quarter_of_an_hour() -> None:
    ceilings = [ceiling_s(DEFAULT_POLICY, retry) for retry in range(1, 12)]
    assert ceilings == pytest.approx([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])


@given(policies, st.integers(1, 10_000))
def test_a_ceiling_never_exceeds_the_maximum_nor_falls(policy: RetryPolicy, retry: int) -> None:
    ceiling = ceiling_s(policy, retry)
    assert 0 < ceiling <= policy.max_s
    assert ceiling <= ceiling_s(policy, retry + 1) * (1 + 1e-9)


@given(policies, st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_a_delay_lies_between_nothing_and_the_ceiling(
    policy: RetryPolicy, retry: int, uniform: float
) -> None:
    assert 0 <= delay_ms(policy, retry, uniform) <= ceiling_s(policy, retry) * 1000 + 0.5


def test_jitter_is_full() -> None:
    assert (delay_ms(None, 3, 0.0), delay_ms(None, 3, 0.5)) == (0, 4000)
