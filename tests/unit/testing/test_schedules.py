"""Schedules in virtual time: zones, overlaps, pauses. That they fire on the second is in test_time.py."""

import pytest

from foreman_client import Foreman, Schedule, Template
from foreman_client.testing import ForemanTest

HOUR_S = 3600
TEMPLATE = Template(input_data=None, tasks=[{"type": "tick", "input_data": None}])


@pytest.fixture
def hourly(foreman: ForemanTest) -> Schedule:
    return foreman.client.create_schedule(name="tick", every_seconds=HOUR_S, template=TEMPLATE).unwrap()


def started(client: Foreman) -> list[int]:
    """When runs were created, the oldest first."""
    return [run.created_at for run in client.iterate_runs(sort_order="asc").unwrap()]


def test_a_cron_schedule_follows_its_zone(foreman: ForemanTest) -> None:
    """The virtual clock begins with 2026, an hour into the new year in Berlin."""
    foreman.worker({"tick": lambda _: None})
    schedule = foreman.client.create_schedule(
        name="nightly", cron="0 3 * * *", time_zone="Europe/Berlin", template=TEMPLATE
    ).unwrap()
    assert schedule.next_fire_at - foreman.clock.now_ms() == 2 * HOUR_S * 1000
    foreman.clock.advance(26 * HOUR_S)
    assert len(started(foreman.client)) == 2


def test_a_run_that_is_open_lets_no_other_start(foreman: ForemanTest, hourly: Schedule) -> None:
    foreman.clock.advance(3 * HOUR_S)
    assert len(started(foreman.client)) == 1
    worker = foreman.worker({"tick": lambda _: None})
    assert foreman.run_until_idle(worker)
    foreman.clock.advance(HOUR_S)
    assert len(started(foreman.client)) == 2


def test_a_paused_schedule_starts_nothing(foreman: ForemanTest, hourly: Schedule) -> None:
    foreman.client.update_schedule(hourly.id, paused=True).unwrap()
    foreman.clock.advance(3 * HOUR_S)
    assert started(foreman.client) == []
    foreman.client.update_schedule(hourly.id, paused=False).unwrap()
    foreman.clock.advance(HOUR_S)
    assert len(started(foreman.client)) == 1
