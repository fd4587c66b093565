"""Schedules: create, get, list, patch, delete. `schedule_fires` starts their runs."""

from dataclasses import dataclass, replace
from typing import Final

from foreman_contract.schedules import (
    CreateSchedule,
    DeletedSchedule,
    PatchSchedule,
    Schedule,
    SchedulePage,
    Template,
)
from foreman_engine.domain.errors import (
    AlreadyDoneError,
    IdTakenError,
    NotFoundError,
    StaleError,
    UnavailableError,
)
from foreman_engine.domain.ids import created_ms
from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.schedules import (
    ScheduleChange,
    SchedulePatch,
    ScheduleState,
    patched,
    timed,
)
from foreman_engine.service import cursors
from foreman_engine.service.announcements import announce_next
from foreman_engine.service.cursors import Mark
from foreman_engine.service.idempotency import IdempotencyKey, made_before
from foreman_engine.service.listing import Source, page_of
from foreman_engine.service.pages import ListQuery, fit, pagination
from foreman_engine.service.ports import Ports, Position
from foreman_engine.service.templates import check_template
from foreman_engine.service.views import schedule_view

_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class CreatedSchedule:
    """A schedule, and whether an earlier request with the same idempotency key made it."""

    schedule: Schedule
    replayed: bool


def create_schedule(
    ports: Ports, org_id: str, request: CreateSchedule, key: IdempotencyKey | None = None
) -> CreatedSchedule:
    """Create a schedule, whose first fire lies ahead.

    Raises:
        InvalidError: the timing or the template is not valid.
        TooLargeError: a payload of the template is over its limit.
        KeyReusedError: the idempotency key came with another body before.
        NotFoundError: for a repeated request, the schedule was deleted.
    """
    check_template(request.template, ports.clock.now_ms())
    if (made := made_before(ports.keys, org_id, key)) is not None:
        return CreatedSchedule(get_schedule(ports, org_id, made[0]), replayed=True)
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        schedule = timed(_new_schedule(ports.ids.schedule_id(now), org_id, request), now)
        try:
            ports.schedules.create(schedule, key.record((schedule.id,), now) if key else None)
        except IdTakenError:
            continue
        except AlreadyDoneError as done:
            if key is None:
                raise
            return CreatedSchedule(get_schedule(ports, org_id, key.replayed(done)[0]), replayed=True)
        announce_next(ports, schedule)
        return CreatedSchedule(schedule_view(schedule, now), replayed=False)
    raise UnavailableError("No free schedule id was drawn.")


def _new_schedule(schedule_id: str, org_id: str, request: CreateSchedule) -> ScheduleState:
    """A new schedule, not timed yet. The order of creation is that of the ids, so its instant is the id's."""
    now = created_ms(schedule_id)
    return ScheduleState(
        id=schedule_id,
        org_id=org_id,
        name=request.name,
        template=_template(request.template),
        next_fire_at=now,
        created_at=now,
        updated_at=now,
        cron=request.cron,
        every_s=request.every_seconds,
        time_zone=request.time_zone,
        overlap=request.overlap,
        catch_up=request.catch_up,
        paused=request.paused,
    )


def _template(template: Template) -> Payload:
    return Payload(compact(template.to_wire()))


def read_schedule(ports: Ports, org_id: str, schedule_id: str) -> ScheduleState:
    """The schedule as stored, strongly consistent; its template may be unloaded.

    Raises:
        NotFoundError: this organization has no such schedule.
    """
    found = ports.schedules.get(org_id, schedule_id)
    if found is None:
        raise NotFoundError("There is no such schedule.")
    return found


def get_schedule(ports: Ports, org_id: str, schedule_id: str) -> Schedule:
    """A schedule, strongly consistent.

    Raises:
        NotFoundError: this organization has no such schedule.
    """
    for _ in range(_TRIES):
        try:
            [loaded] = ports.schedules.load([read_schedule(ports, org_id, schedule_id)])
        except StaleError:
            continue
        return schedule_view(loaded, ports.clock.now_ms())
    raise UnavailableError("The schedule is changing too fast to be read.")


def update_schedule(ports: Ports, org_id: str, schedule_id: str, request: PatchSchedule) -> Schedule:
    """Patch a schedule. With another timing, or resumed, it begins anew; repeating a patch changes nothing.

    Raises:
        NotFoundError: this organization has no such schedule.
        InvalidError: the timing or the template is not valid.
        TooLargeError: a payload of the template is over its limit.
    """
    if request.template is not None:
        check_template(request.template, ports.clock.now_ms())
    patch = _patch(request)
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        try:
            [schedule] = ports.schedules.load([read_schedule(ports, org_id, schedule_id)])
            after = patched(schedule, patch, now)
            if after is not None:
                schedule = ports.schedules.save(ScheduleChange(schedule, after))
                announce_next(ports, schedule)
        except StaleError:
            continue
        return schedule_view(schedule, now)
    raise UnavailableError("The schedule is changing too fast to be patched.")


def _patch(request: PatchSchedule) -> SchedulePatch:
    return SchedulePatch(
        name=request.name,
        cron=request.cron,
        every_s=request.every_seconds,
        time_zone=request.time_zone,
        template=None if request.template is None else _template(request.template),
        overlap=request.overlap,
        catch_up=request.catch_up,
        paused=request.paused,
    )


def delete_schedule(ports: Ports, org_id: str, schedule_id: str) -> DeletedSchedule:
    """Delete a schedule: from the answer on it fires no more. The runs that it started go on.

    Raises:
        NotFoundError: this organization has no such schedule.
    """
    for _ in range(_TRIES):
        try:
            ports.schedules.delete(read_schedule(ports, org_id, schedule_id))
        except StaleError:
            continue
        return DeletedSchedule(deleted=1)
    raise UnavailableError("The schedule is changing too fast to be deleted.")


def list_schedules(ports: Ports, org_id: str, query: ListQuery) -> SchedulePage:
    """A page of an organization's schedules, by creation, strongly consistent.

    Raises:
        InvalidCursorError: the cursor is broken or belongs to another query.
    """
    scope = cursors.scope_of(org_id, "schedules", query.ascending)
    mark = cursors.decode(scope, query.cursor) if query.cursor is not None else None
    for _ in range(_TRIES):
        try:
            return _page(ports, org_id, query, scope, mark)
        except StaleError:
            continue
    raise UnavailableError("The schedules are changing too fast to be listed.")


def _page(ports: Ports, org_id: str, query: ListQuery, scope: str, mark: Mark | None) -> SchedulePage:
    page = page_of(_source(ports, org_id, query), query, mark)
    total, now = (mark.total if mark is not None else page.total), ports.clock.now_ms()
    rows = fit(page.rows, ports.schedules.load, lambda schedule: schedule_view(schedule, now, listed=True))
    tail = page.tail
    if len(rows) < len(page.rows):
        last = page.rows[len(rows) - 1]
        tail = Mark(last.created_at, last.id)
    cursor = cursors.encode(scope, replace(tail, total=total)) if tail is not None else None
    return SchedulePage(data=rows, pagination=pagination(query, total, next_cursor=cursor))


def _source(ports: Ports, org_id: str, query: ListQuery) -> Source[ScheduleState]:
    return Source(
        read=lambda limit, after: ports.schedules.rows(
            org_id, limit, after.id if after else None, ascending=query.ascending
        ),
        place=lambda schedule: Position(schedule.created_at, schedule.id),
        count=lambda at_most: ports.schedules.count(org_id, at_most),
    )
