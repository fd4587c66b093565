"""Routes that workers call: claim, report, heartbeat."""

from typing import Final

from foreman_contract.work import Claim, ClaimResults, Heartbeat, HeartbeatResults, Report, ReportResults
from foreman_engine.api.answers import Answer
from foreman_engine.api.routes import Call, Routes
from foreman_engine.service.claims import claim_tasks
from foreman_engine.service.heartbeats import beat
from foreman_engine.service.reports import report_results

routes: Final = Routes()


@routes.endpoint("POST", "/api/v1/tasks/claim", counted=False, answers=ClaimResults)
def claim(call: Call, body: Claim) -> Answer:
    """Claim up to ten tasks."""
    return Answer(ClaimResults(results=claim_tasks(call.ports, call.org_id, body)).to_wire())


@routes.endpoint("POST", "/api/v1/tasks/report", counted=False, answers=ReportResults)
def report(call: Call, body: Report) -> Answer:
    """Report what became of up to 25 attempts."""
    return Answer(ReportResults(results=report_results(call.ports, call.org_id, body)).to_wire())


@routes.endpoint("POST", "/api/v1/tasks/heartbeat", counted=False, answers=HeartbeatResults)
def heartbeat(call: Call, body: Heartbeat) -> Answer:
    """Say that up to 100 attempts are still running."""
    return Answer(HeartbeatResults(results=beat(call.ports, call.org_id, body)).to_wire())
