"""Counting: exactly the limit passes in each window, whoever counts and whatever the clock does."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rate_windows import MAX_SKEW_MS, Standing, Window, limit_of
from foreman_engine.domain.rates import RateLimit
from foreman_engine.memory.build import memory_ports
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.ports import Ports
from foreman_engine.service.rate_limit import count_request
from foreman_engine.service.rate_windows import RateWindows

KEY = ApiKey("key_1", "acme", "test", "a" * 64, created_at=0)
LIMIT = RateLimit(3, 60)


@dataclass
class CountedWindows:
    """RateWindows that note what is asked of them."""

    inner: RateWindows
    calls: list[str] = field(default_factory=list)

    def latest(self, org_id: str, key_hash: str, window_s: int) -> Window | None:
        self.calls.append("read")
        return self.inner.latest(org_id, key_hash, window_s)

    def count(self, org_id: str, key_hash: str, window_s: int, number: int, now_ms: int) -> Window:
        self.calls.append("write")
        return self.inner.count(org_id, key_hash, window_s, number, now_ms)


@dataclass
class Container:
    """One of several that share nothing but the store."""

    ports: Ports
    limit: RateLimit = LIMIT
    known: Window | None = None

    def ask(self) -> Standing:
        standing, self.known = count_request(self.ports, KEY, self.limit, self.known)
        return standing

    def passes(self, requests: int) -> list[bool]:
        return [self.ask().passes for _ in range(requests)]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def windows(clock: ManualClock) -> CountedWindows:
    return CountedWindows(memory_ports(clock).rate_windows)


@pytest.fixture
def ports(clock: ManualClock, windows: CountedWindows) -> Ports:
    return replace(memory_ports(clock), rate_windows=windows)


def test_the_window_begins_with_the_first_request_and_ends_a_length_later(
    ports: Ports, clock: ManualClock
) -> None:
    one = Container(ports)
    assert one.ask() == Standing(LIMIT, passes=True, remaining=2, left_ms=60_000)
    clock.advance(59_999)
    assert one.ask() == Standing(LIMIT, passes=True, remaining=1, left_ms=1)
    clock.advance(1)
    assert one.ask() == Standing(LIMIT, passes=True, remaining=2, left_ms=60_000)


def test_a_request_costs_one_write_and_none_once_the_window_is_known_to_be_spent(
    ports: Ports, windows: CountedWindows, clock: ManualClock
) -> None:
    one = Container(ports)
    assert one.passes(3) == [True] * 3
    assert windows.calls == ["read", "write", "write", "write"]
    assert one.passes(5) == [False] * 5
    assert Container(ports).passes(1) == [False]
    assert windows.calls[4:] == ["read"]
    clock.advance(60_000)
    assert one.passes(4) == [True, True, True, False]
    assert windows.calls[5:] == ["read", "write", "write", "write"]


def test_a_container_that_learns_late_pays_one_write_to_learn(ports: Ports, windows: CountedWindows) -> None:
    one, two = Container(ports), Container(ports)
    assert two.passes(1) == [True]
    assert one.passes(2) == [True] * 2
    windows.calls.clear()
    assert two.passes(3) == [False] * 3
    assert windows.calls == ["write"]


@given(
    st.lists(
        st.one_of(
            st.integers(0, 3).map(lambda who: ("ask", who)),
            st.tuples(st.just("pass"), st.integers(1, 90_000)),
        ),
        max_size=60,
    )
)
def test_of_any_number_of_containers_exactly_the_limit_passes_in_a_window(
    steps: list[tuple[str, int]],
) -> None:
    clock = ManualClock()
    ports = memory_ports(clock)
    containers = [Container(ports) for _ in range(4)]
    ends_at, used = 0, 0
    for what, value in steps:
        if what == "pass":
            clock.advance(value)
            continue
        if clock.now_ms() >= ends_at:
            ends_at, used = clock.now_ms() + 60_000, 0
        used += 1
        standing = containers[value].ask()
        assert standing.passes == (used <= 3)
        assert standing.remaining == max(0, 3 - used)
        assert standing.left_ms == ends_at - clock.now_ms()


def test_a_raised_number_holds_in_the_running_window_a_lowered_one_too(ports: Ports) -> None:
    one = Container(ports)
    assert one.passes(4) == [True, True, True, False]
    one.limit = RateLimit(5, 60)
    assert one.passes(3) == [True, True, False]
    one.limit = RateLimit(4, 60)
    assert one.passes(1) == [False]


def test_another_length_begins_a_window_of_its_own(ports: Ports) -> None:
    assert Container(ports).passes(4) == [True, True, True, False]
    assert Container(ports, RateLimit(1, 10)).passes(2) == [True, False]


@pytest.mark.parametrize("ahead_ms", [MAX_SKEW_MS + 1, 3_600_000, 365 * 86_400_000])
def test_a_clock_that_ran_ahead_and_came_back_locks_nobody_out(
    ports: Ports, clock: ManualClock, ahead_ms: int
) -> None:
    one, two = Container(ports), Container(ports)
    clock.advance(ahead_ms)
    assert one.passes(4) == [True, True, True, False]
    clock.advance(-ahead_ms)
    assert [one.ask().passes, two.ask().passes, one.ask().passes] == [True] * 3
    assert [one.ask().passes, two.ask().passes] == [False] * 2
    clock.advance(60_000)
    assert two.passes(1) == [True]


def test_clocks_that_differ_a_little_share_their_windows(ports: Ports, clock: ManualClock) -> None:
    one, two = Container(ports), Container(ports)
    assert one.passes(2) == [True] * 2
    clock.advance(-MAX_SKEW_MS)
    assert two.passes(2) == [True, False]


def test_rows_that_were_deleted_long_after_their_end_are_begun_anew(clock: ManualClock) -> None:
    one = Container(memory_ports(clock))
    one.passes(3)
    clock.advance(60_000)
    one.passes(4)
    clock.advance(86_400_000)
    one.ports = memory_ports(clock)
    assert one.passes(4) == [True, True, True, False]


def test_a_keys_own_limit_goes_before_the_deployments() -> None:
    own = RateLimit(7, 1)
    assert limit_of(KEY, LIMIT) == LIMIT
    assert limit_of(KEY, None) is None
    assert limit_of(replace(KEY, rate_limit=own), LIMIT) == own
    assert limit_of(replace(KEY, rate_limit=own), None) == own
    assert limit_of(replace(KEY, unlimited=True), LIMIT) is None
