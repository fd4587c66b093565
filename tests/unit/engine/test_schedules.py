"""A schedule's next fire: later than now whatever was missed, on the beat of its interval, anew when its timing changes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_contract.enums import CatchUp, Overlap
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.schedules import (
    ON_TIME_MS,
    SchedulePatch,
    ScheduleState,
    is_forgone,
    passed,
    patched,
    timed,
)

NOON = 1_767_268_800_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def schedule(**fields: object) -> ScheduleState:
    made = ScheduleState(
        id="s",
        org_id="acme",
        name="n",
        template=Payload("1"),
        next_fire_at=0,
        created_at=NOON,
        updated_at=NOON,
    )
    return timed(replace(made, **fields), NOON)  # type: ignore[arg-type]


HOURLY, NIGHTLY = schedule(every_s=3600), schedule(cron="0 3 * * *")


def test_the_first_fire_is_an_interval_away_or_the_next_match() -> None:
    assert HOURLY.next_fire_at == NOON + HOUR_MS
    assert NIGHTLY.next_fire_at == NOON + 15 * HOUR_MS


@given(every_s=st.integers(60, 31_536_000), late_ms=st.integers(0, 10**10))
def test_an_interval_keeps_its_beat_however_much_was_missed(every_s: int, late_ms: int) -> None:
    before = schedule(every_s=every_s)
    now = before.next_fire_at + late_ms
    after = passed(before, now)
    assert now < after.next_fire_at <= now + every_s * 1000
    assert (after.next_fire_at - before.next_fire_at) % (every_s * 1000) == 0


@given(late_ms=st.integers(0, 30 * DAY_MS))
def test_a_cron_schedule_passes_over_what_was_missed(late_ms: int) -> None:
    now = NIGHTLY.next_fire_at + late_ms
    after = passed(NIGHTLY, now)
    assert now < after.next_fire_at <= now + DAY_MS
    assert (after.next_fire_at - NIGHTLY.next_fire_at) % DAY_MS == 0


@pytest.mark.parametrize("caught_up", CatchUp)
def test_what_is_late_by_more_than_anything_may_be_was_missed(caught_up: CatchUp) -> None:
    each = replace(HOURLY, catch_up=caught_up)
    assert not is_forgone(each, each.next_fire_at + ON_TIME_MS)
    assert is_forgone(each, each.next_fire_at + ON_TIME_MS + 1) is (caught_up is CatchUp.SKIP)


class TestPatch:
    LATER = NOON + 10 * HOUR_MS

    def test_what_sets_nothing_new_changes_nothing(self) -> None:
        assert patched(NIGHTLY, SchedulePatch(cron="0 3 * * *", name="n", paused=False), self.LATER) is None
        assert patched(NIGHTLY, SchedulePatch(template=Payload("1")), self.LATER) is None

    def test_a_name_a_rule_and_a_template_leave_the_next_fire_alone(self) -> None:
        patch = SchedulePatch(
            name="m", overlap=Overlap.ALLOW, catch_up=CatchUp.SKIP, template=Payload("2"), paused=True
        )
        assert patched(HOURLY, patch, self.LATER) == replace(
            HOURLY,
            name="m",
            overlap=Overlap.ALLOW,
            catch_up=CatchUp.SKIP,
            template=Payload("2"),
            paused=True,
            updated_at=self.LATER,
        )

    def test_cron_and_interval_take_each_others_place_and_begin_anew(self) -> None:
        every = patched(NIGHTLY, SchedulePatch(every_s=60), self.LATER)
        assert every is not None
        assert (every.cron, every.every_s, every.next_fire_at) == (None, 60, self.LATER + 60_000)
        nightly = patched(HOURLY, SchedulePatch(cron="0 3 * * *"), self.LATER)
        assert nightly is not None
        assert (nightly.every_s, nightly.next_fire_at) == (None, NIGHTLY.next_fire_at)

    def test_another_zone_moves_the_next_fire(self) -> None:
        after = patched(NIGHTLY, SchedulePatch(time_zone="Asia/Tokyo"), NOON)
        assert after is not None
        assert after.next_fire_at == NOON + 6 * HOUR_MS

    def test_what_was_due_while_it_was_paused_is_not_made_up_for(self) -> None:
        resumed = patched(replace(HOURLY, paused=True), SchedulePatch(paused=False), self.LATER)
        assert resumed is not None
        assert resumed.next_fire_at == self.LATER + HOUR_MS
