"""A schedule: when it fires, and what a fire or a patch makes of it."""

from dataclasses import dataclass, replace
from typing import Final

from foreman_contract.enums import CatchUp, Overlap
from foreman_engine.domain.cron import next_match, time_zone
from foreman_engine.domain.payload import Payload, differs

ON_TIME_MS: Final = 90_000
"""A fire that is later than this was missed: as late as anything timed may be."""


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """One schedule. `id` sorts by creation; either `cron` or `every_s` is set; instants are epoch milliseconds."""

    id: str
    org_id: str
    name: str
    template: Payload
    next_fire_at: int
    created_at: int
    updated_at: int
    cron: str | None = None
    every_s: int | None = None
    time_zone: str = "UTC"
    overlap: Overlap = Overlap.SKIP
    catch_up: CatchUp = CatchUp.ONCE
    paused: bool = False
    last_fire_at: int | None = None
    last_run_id: str | None = None
    rev: int = 0


@dataclass(frozen=True, slots=True)
class SchedulePatch:
    """The fields a caller set; None is unset."""

    name: str | None = None
    cron: str | None = None
    every_s: int | None = None
    time_zone: str | None = None
    template: Payload | None = None
    overlap: Overlap | None = None
    catch_up: CatchUp | None = None
    paused: bool | None = None


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """A schedule as read, and as it is to be."""

    before: ScheduleState
    after: ScheduleState


def timed(schedule: ScheduleState, now: int) -> ScheduleState:
    """The schedule as one that begins now: its first fire is the next match, or a whole interval away.

    Raises:
        InvalidError: the time zone is unknown, or the cron expression is malformed or never matches.
    """
    time_zone(schedule.time_zone)
    if schedule.cron is not None:
        return replace(schedule, next_fire_at=next_match(schedule.cron, schedule.time_zone, now))
    return replace(schedule, next_fire_at=now + _interval_ms(schedule))


def passed(schedule: ScheduleState, now: int) -> ScheduleState:
    """The schedule after its fire, or all that were missed: the next is later than `now`, and an interval keeps its beat."""
    if schedule.cron is not None:
        return timed(schedule, max(now, schedule.next_fire_at))
    every = _interval_ms(schedule)
    missed = max(0, now - schedule.next_fire_at) // every
    return replace(schedule, next_fire_at=schedule.next_fire_at + (missed + 1) * every)


def started(schedule: ScheduleState, run_id: str, now: int) -> ScheduleState:
    """The schedule that has just started a run."""
    return replace(schedule, last_run_id=run_id, last_fire_at=now)


def is_forgone(schedule: ScheduleState, now: int) -> bool:
    """Whether the fire that is due was missed, and is not made up for."""
    return schedule.catch_up is CatchUp.SKIP and now - schedule.next_fire_at > ON_TIME_MS


def patched(schedule: ScheduleState, patch: SchedulePatch, now: int) -> ScheduleState | None:
    """The schedule as patched, or None when nothing changes. With another timing, or resumed, it begins anew.

    Raises:
        InvalidError: the time zone is unknown, or the cron expression is malformed or never matches.
    """
    given = {
        name: value
        for name in ("name", "time_zone", "overlap", "catch_up", "paused")
        if (value := getattr(patch, name)) is not None
    }
    after = replace(schedule, **given)
    if differs(patch.template, schedule.template) and patch.template is not None:
        after = replace(after, template=patch.template)
    if patch.cron is not None or patch.every_s is not None:
        after = replace(after, cron=patch.cron, every_s=patch.every_s)
    if _timing(after) != _timing(schedule) or (schedule.paused and not after.paused):
        after = timed(after, now)
    return replace(after, updated_at=now) if after != schedule else None


def _timing(schedule: ScheduleState) -> tuple[str | None, int | None, str]:
    return schedule.cron, schedule.every_s, schedule.time_zone


def _interval_ms(schedule: ScheduleState) -> int:
    return (schedule.every_s or 0) * 1000
