"""Cron expressions: the next match is the earliest later one, in the zone's own time, also where its clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_engine.domain.cron import next_match, time_zone
from foreman_engine.domain.errors import InvalidError

BERLIN = "Europe/Berlin"
BEGIN, END = (round(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in (2024, 2040))
MINUTE_MS = 60_000


def at(text: str, zone: str = "UTC") -> int:
    """The epoch milliseconds of a wall-clock time; its first, where it comes twice."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def matches(expression: str, zone: str, begin: int, count: int) -> list[str]:
    """The next matches, in UTC."""
    found: list[int] = []
    for _ in range(count):
        found.append(next_match(expression, zone, found[-1] if found else begin))
    return [datetime.fromtimestamp(each / 1000, UTC).strftime("%m-%d %H:%M") for each in found]


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("* * * * *", "2026-05-01T10:00", "2026-05-01T10:01"),
        ("*/15 * * * *", "2026-05-01T10:14:59.999", "2026-05-01T10:15"),
        ("0 3 * * *", "2026-05-01T03:00", "2026-05-02T03:00"),
        ("0 3 * * MON-FRI", "2026-05-01T03:00", "2026-05-04T03:00"),
        ("30 9 1,15 * *", "2026-05-01T10:00", "2026-05-15T09:30"),
        ("0 0 29 2 *", "2026-05-01T00:00", "2028-02-29T00:00"),
        ("0 0 13 * FRI", "2026-05-02T00:00", "2026-05-08T00:00"),  # either of the two, as cron has it
        ("0 0 * * 7", "2026-05-02T00:00", "2026-05-03T00:00"),
    ],
)
def test_the_next_match_is_the_earliest_that_is_later(expression: str, after: str, expected: str) -> None:
    assert next_match(expression, "UTC", at(after)) == at(expected)


def test_a_time_is_that_of_the_zone() -> None:
    assert matches("0 3 * * *", BERLIN, at("2026-03-27T12:00"), 3) == [
        "03-28 02:00",
        "03-29 01:00",  # summer time has begun an hour ago
        "03-30 01:00",
    ]


def test_a_time_that_the_clocks_jump_over_comes_right_after_the_jump() -> None:
    assert matches("30 2 * * *", BERLIN, at("2026-03-28T12:00"), 2) == ["03-29 01:00", "03-30 00:30"]


def test_a_time_that_comes_twice_fires_once() -> None:
    assert matches("30 2 * * *", BERLIN, at("2026-10-24T12:00"), 2) == ["10-25 00:30", "10-26 01:30"]
    second_time = at("2026-10-25T02:10", BERLIN) + 60 * MINUTE_MS
    assert matches("30 2 * * *", BERLIN, second_time, 1) == ["10-26 01:30"]


def test_what_comes_every_so_many_minutes_goes_on_through_the_hour_that_comes_twice() -> None:
    assert matches("*/30 * * * *", BERLIN, at("2026-10-25T01:45", BERLIN), 5) == [
        "10-25 00:00",
        "10-25 00:30",
        "10-25 01:00",
        "10-25 01:30",
        "10-25 02:00",
    ]


@given(
    minute=st.sampled_from(["*", "*/7", "0", "59", "5,35"]),
    hour=st.sampled_from(["*", "*/6", "2", "0-3"]),
    day=st.sampled_from(["*", "1", "31", "L"]),
    weekday=st.sampled_from(["*", "SUN", "1-5"]),
    zone=st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    after=st.integers(BEGIN, END),
)
def test_matches_are_whole_minutes_go_forward_and_miss_none_between(
    minute: str, hour: str, day: str, weekday: str, zone: str, after: int
) -> None:
    expression = f"{minute} {hour} {day} * {weekday}"
    first = next_match(expression, zone, after)
    second = next_match(expression, zone, first)
    assert after < first < second
    assert first % MINUTE_MS == 0
    assert next_match(expression, zone, (after + first) // 2) == first or first - after < 2
    assert next_match(expression, zone, first - 1) == first


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * *",
        "@daily",
        "60 * * * *",
        "* 24 * * *",
        "*/0 * * * *",
        "0 0 30 2 *",
        "0 0 31 4,6 *",
        "5-1 * * * *",
        "a b c d e",
        "\u0663 * * * *",
        "0 0 * * SUN#6",
    ],
)
def test_what_never_matches_is_refused_and_named(expression: str) -> None:
    with pytest.raises(InvalidError) as refused:
        next_match(expression, "UTC", BEGIN)
    assert [fault.path for fault in refused.value.faults] == ["cron"]


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Base", "Europe", "europe/berlin", "/etc/localtime", "../UTC", "zone.tab", "CET\x00", "é"],
)
def test_what_is_no_zone_is_refused_and_named(name: str) -> None:
    with pytest.raises(InvalidError) as refused:
        time_zone(name)
    assert [fault.path for fault in refused.value.faults] == ["timeZone"]
