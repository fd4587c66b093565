"""Fires: each starts exactly one run, because the run and the schedule that moves on are one write.

Whoever gets the hint of a fire fires, on condition that nobody did before.
"""

from typing import Final

from foreman_contract.enums import Overlap
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.schedules import (
    ScheduleChange,
    ScheduleState,
    is_forgone,
    passed,
    started,
)
from foreman_engine.domain.work import DueFire
from foreman_engine.service.announcements import announce, announce_next
from foreman_engine.service.creating_runs import CreatedWhole, create_whole, with_task_ids
from foreman_engine.service.idempotency import IdempotencyKey, made_before
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import Created, get_run
from foreman_engine.service.schedules import read_schedule
from foreman_engine.service.templates import creation_of, template_of

_TRIES: Final = 20
"""Each that is lost was somebody else's change: so many may fire one schedule at once, and each gets its run."""


def fire_due(ports: Ports, fire: DueFire) -> None:
    """Start the schedule's run if its next fire is this one, and let the schedule move on.

    None is started for a fire that was missed and is not made up for, nor beside a run that may have no other beside it.

    Raises:
        UnavailableError: a store or queue was away; the message comes back.
    """
    for _ in range(_TRIES):
        schedule = ports.schedules.get(fire.org_id, fire.schedule_id)
        now = ports.clock.now_ms()
        if schedule is None or schedule.paused or schedule.next_fire_at != fire.at:
            return
        if now < fire.at:
            announce(ports, fire)
            return
        after = passed(schedule, now)
        try:
            if is_forgone(schedule, now) or _is_busy(ports, schedule):
                ports.schedules.save(ScheduleChange(schedule, after))
            else:
                _start(ports, schedule, after, None, None)
        except StaleError:
            continue
        announce_next(ports, after)  # a fire that was late would make all behind it late
        return
    raise UnavailableError("The schedule is changing too fast to be fired.")


def fire_now(
    ports: Ports,
    org_id: str,
    schedule_id: str,
    key: IdempotencyKey | None = None,
    traceparent: str | None = None,
) -> Created:
    """Start one run of the schedule now, whatever its timing says and its last run does. The next fire stays where it is.

    Raises:
        NotFoundError: this organization has no such schedule.
    """
    if (made := made_before(ports.keys, org_id, key)) is not None:
        whole = CreatedWhole(Created(get_run(ports, org_id, made[0]), replayed=True), made[1:])
        return _replayed(ports, org_id, schedule_id, whole)
    for _ in range(_TRIES):
        schedule = read_schedule(ports, org_id, schedule_id)
        try:
            return _start(ports, schedule, schedule, key, traceparent)
        except StaleError:
            continue
    raise UnavailableError("The schedule is changing too fast to be fired.")


def _replayed(ports: Ports, org_id: str, schedule_id: str, made: CreatedWhole) -> Created:
    """What an earlier request made; which task has which ref is known while the schedule is as it was then."""
    schedule = ports.schedules.get(org_id, schedule_id)
    if schedule is None or schedule.updated_at > made.created.run.created_at:
        return made.created
    try:
        [loaded] = ports.schedules.load([schedule])
    except StaleError:
        return made.created
    return with_task_ids(made, template_of(loaded.template).tasks)


def _start(
    ports: Ports,
    before: ScheduleState,
    after: ScheduleState,
    key: IdempotencyKey | None,
    traceparent: str | None,
) -> Created:
    [loaded] = ports.schedules.load([before])
    template = template_of(loaded.template)

    def fired(run: RunState) -> ScheduleChange:
        return ScheduleChange(before, started(after, run.id, run.created_at))

    request, tasks = creation_of(template), template.tasks
    made = create_whole(ports, before.org_id, request, tasks, key, traceparent, fired)
    if made.created.replayed:
        return _replayed(ports, before.org_id, before.id, made)
    return with_task_ids(made, tasks)


def _is_busy(ports: Ports, schedule: ScheduleState) -> bool:
    """Whether the schedule's last run has not ended, and no other may be started beside it."""
    if schedule.overlap is Overlap.ALLOW or schedule.last_run_id is None:
        return False
    last = ports.runs.get(schedule.org_id, [schedule.last_run_id]).get(schedule.last_run_id)
    return last is not None and not last.ended
