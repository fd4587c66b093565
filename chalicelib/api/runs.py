"""Routes of /api/v1/runs."""

from chalice.app import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import Call, endpoint
from foreman_contract import limits
from foreman_contract.runs import CreateRun, PatchRun
from foreman_engine.service import runs
from foreman_engine.service.creating_runs import create_graph

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/v1/runs", creates=True)
def create_run(call: Call, body: CreateRun) -> Answer:
    """Create a run, with its tasks if there are some."""
    created = create_graph(call.ports, call.org_id, body, call.idempotency, call.traceparent)
    return Answer(created.run.to_wire(), 200 if created.replayed else 201)


@endpoint(blueprint, "GET", "/api/v1/runs")
def list_runs(call: Call) -> Answer:
    """List the organization's runs, newest first."""
    call.query.refuse("status")
    page = call.query.page(limits.DEFAULT_LIST_LIMIT, limits.MAX_LIST_LIMIT)
    return Answer(runs.list_runs(call.ports, call.org_id, page).to_wire())


@endpoint(blueprint, "GET", "/api/v1/runs/{run_id}")
def get_run(call: Call, run_id: str) -> Answer:
    """Get a run."""
    return Answer(runs.get_run(call.ports, call.org_id, run_id).to_wire())


@endpoint(blueprint, "PATCH", "/api/v1/runs/{run_id}")
def update_run(call: Call, run_id: str, body: PatchRun) -> Answer:
    """Change a run's status, output, error or metadata."""
    return Answer(runs.update_run(call.ports, call.org_id, run_id, body).to_wire())


@endpoint(blueprint, "POST", "/api/v1/runs/{run_id}/cancel")
def cancel_run(call: Call, run_id: str) -> Answer:
    """Cancel a run: from the answer on nothing of it starts."""
    return Answer(runs.cancel_run(call.ports, call.org_id, run_id).to_wire())


@endpoint(blueprint, "POST", "/api/v1/runs/{run_id}/retry")
def retry_run(call: Call, run_id: str) -> Answer:
    """Run the failed and cancelled tasks of an ended run again."""
    return Answer(runs.retry_run(call.ports, call.org_id, run_id).to_wire())
