"""Routes of /api/v1/runs."""

from typing import Final

from foreman_contract.enums import RunStatus
from foreman_contract.runs import CreateRun, PatchRun, Run, RunPage
from foreman_engine.api.answers import Answer
from foreman_engine.api.list_query import run_list
from foreman_engine.api.parameters import LIST, Choice
from foreman_engine.api.routes import Call, Routes
from foreman_engine.service import run_lists, runs
from foreman_engine.service.creating_runs import create_graph

routes: Final = Routes()

_UNKNOWN: Final = "No such run."
_STATUS: Final = Choice("status", "Only runs of this status.", tuple(RunStatus), optional=True)


@routes.endpoint("POST", "/api/v1/runs", creates=True, answers=Run)
def create_run(call: Call, body: CreateRun) -> Answer:
    """Create a run, with its tasks if there are some."""
    created = create_graph(call.ports, call.org_id, body, call.idempotency, call.traceparent)
    return Answer(created.run.to_wire(), 200 if created.replayed else 201)


@routes.endpoint("GET", "/api/v1/runs", answers=RunPage, parameters=(_STATUS, *LIST.parameters))
def list_runs(call: Call) -> Answer:
    """List the organization's runs."""
    asked, page = run_list(call.query, _STATUS)
    return Answer(run_lists.list_runs(call.ports, call.org_id, asked, page).to_wire())


@routes.endpoint("GET", "/api/v1/runs/{run_id}", answers=Run, refuses={404: _UNKNOWN})
def get_run(call: Call, run_id: str) -> Answer:
    """Get a run."""
    return Answer(runs.get_run(call.ports, call.org_id, run_id).to_wire())


@routes.endpoint(
    "PATCH",
    "/api/v1/runs/{run_id}",
    answers=Run,
    refuses={404: _UNKNOWN, 409: "The run has ended, or this is no move that its status allows."},
)
def update_run(call: Call, run_id: str, body: PatchRun) -> Answer:
    """Change a run's status, output, error or metadata."""
    return Answer(runs.update_run(call.ports, call.org_id, run_id, body).to_wire())


@routes.endpoint(
    "POST",
    "/api/v1/runs/{run_id}/cancel",
    answers=Run,
    refuses={404: _UNKNOWN, 409: "The run has ended otherwise."},
)
def cancel_run(call: Call, run_id: str) -> Answer:
    """Cancel a run: from the answer on nothing of it starts."""
    return Answer(runs.cancel_run(call.ports, call.org_id, run_id).to_wire())


@routes.endpoint(
    "POST",
    "/api/v1/runs/{run_id}/retry",
    answers=Run,
    refuses={404: _UNKNOWN, 409: "The run, or a task of it, has not ended."},
)
def retry_run(call: Call, run_id: str) -> Answer:
    """Run the failed and cancelled tasks of an ended run again."""
    return Answer(runs.retry_run(call.ports, call.org_id, run_id).to_wire())
