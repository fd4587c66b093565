"""Routes of /api/v1/schedules."""

from typing import Final

from foreman_contract.runs import Run
from foreman_contract.schedules import (
    CreateSchedule,
    DeletedSchedule,
    PatchSchedule,
    Schedule,
    SchedulePage,
)
from foreman_engine.api.answers import Answer
from foreman_engine.api.parameters import SCHEDULES
from foreman_engine.api.routes import Call, Routes
from foreman_engine.service import schedules
from foreman_engine.service.schedule_fires import fire_now

routes: Final = Routes()

_UNKNOWN: Final = "No such schedule."


@routes.endpoint("POST", "/api/v1/schedules", creates=True, answers=Schedule)
def create_schedule(call: Call, body: CreateSchedule) -> Answer:
    """Create a schedule, which starts a run of its template at every fire."""
    created = schedules.create_schedule(call.ports, call.org_id, body, call.idempotency)
    return Answer(created.schedule.to_wire(), 200 if created.replayed else 201)


@routes.endpoint("GET", "/api/v1/schedules", answers=SchedulePage, parameters=SCHEDULES.parameters)
def list_schedules(call: Call) -> Answer:
    """List the organization's schedules."""
    return Answer(schedules.list_schedules(call.ports, call.org_id, call.query.page(SCHEDULES)).to_wire())


@routes.endpoint("GET", "/api/v1/schedules/{schedule_id}", answers=Schedule, refuses={404: _UNKNOWN})
def get_schedule(call: Call, schedule_id: str) -> Answer:
    """Get a schedule."""
    return Answer(schedules.get_schedule(call.ports, call.org_id, schedule_id).to_wire())


@routes.endpoint("PATCH", "/api/v1/schedules/{schedule_id}", answers=Schedule, refuses={404: _UNKNOWN})
def update_schedule(call: Call, schedule_id: str, body: PatchSchedule) -> Answer:
    """Change a schedule's name, timing, template or rules, pause it or resume it.

    With another timing, or resumed, its next fire is reckoned from now on.
    """
    return Answer(schedules.update_schedule(call.ports, call.org_id, schedule_id, body).to_wire())


@routes.endpoint(
    "DELETE",
    "/api/v1/schedules/{schedule_id}",
    answers=DeletedSchedule,
    refuses={404: "No such schedule; so also when it was deleted before."},
)
def delete_schedule(call: Call, schedule_id: str) -> Answer:
    """Delete a schedule. The runs that it started go on."""
    return Answer(schedules.delete_schedule(call.ports, call.org_id, schedule_id).to_wire())


@routes.endpoint(
    "POST",
    "/api/v1/schedules/{schedule_id}/fire",
    creates=True,
    answers=Run,
    refuses={404: _UNKNOWN},
)
def fire_schedule(call: Call, schedule_id: str) -> Answer:
    """Start one run of a schedule now, also while it is paused or its last run is open. The next fire stays where it is."""
    fired = fire_now(call.ports, call.org_id, schedule_id, call.idempotency, call.traceparent)
    return Answer(fired.run.to_wire(), 200 if fired.replayed else 201)
