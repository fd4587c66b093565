"""Hints of fires that are due soon, on the work queue, each visible at its instant.

The sweep looks further ahead than the time between two of it. What becomes due sooner than the next sweep is announced by
whoever makes it so. Hints that come twice, early, late or for a schedule that has changed do no harm.
"""

import math
from contextlib import suppress
from itertools import groupby
from typing import Final

from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.schedules import ScheduleState
from foreman_engine.domain.work import DueFire
from foreman_engine.service.ports import DUE_SHARDS, Ports

LOOK_AHEAD_MS: Final = 90_000
"""More than the minute between two sweeps, so that a sweep that comes late makes no fire late."""
_SWEEP_MS: Final = 60_000


def announce_fires(ports: Ports) -> int:
    """Announce every fire that is due soon; how many were. Safe to run twice at once.

    Raises:
        UnavailableError: a store or queue was away; the next sweep announces them.
    """
    now = ports.clock.now_ms()
    fires = [fire for shard in range(DUE_SHARDS) for fire in ports.schedules.due(shard, now + LOOK_AHEAD_MS)]
    for at, together in groupby(sorted(fires, key=lambda fire: fire.at), lambda fire: fire.at):
        ports.messages.send_work(list(together), _delay_s(at, now))
    return len(fires)


def announce_next(ports: Ports, schedule: ScheduleState) -> None:
    """Announce the schedule's next fire if no sweep may come before it; if the queue is away, the next sweep announces it."""
    now = ports.clock.now_ms()
    if not schedule.paused and schedule.next_fire_at <= now + _SWEEP_MS:
        with suppress(UnavailableError):
            announce(ports, DueFire(schedule.org_id, schedule.id, schedule.next_fire_at))


def announce(ports: Ports, fire: DueFire) -> None:
    """Announce one fire."""
    ports.messages.send_work([fire], _delay_s(fire.at, ports.clock.now_ms()))


def _delay_s(at: int, now: int) -> int:
    """Rounded up: never early."""
    return max(0, math.ceil((at - now) / 1000))
