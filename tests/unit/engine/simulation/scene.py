"""A run with a graph, made anew for each schedule of what then happens to it."""

from typing import Any

from foreman_contract.enums import ReportStatus
from foreman_contract.runs import CreateRun
from foreman_contract.tasks import CreateTask, NewTask
from foreman_contract.work import Claim, Report, Result, TaskRef
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.claims import claim_tasks
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.creating_runs import create_graph
from foreman_engine.service.reports import report_results
from tests.unit.engine.simulation.applications import Application
from tests.unit.engine.simulation.faults import Fault
from tests.unit.engine.simulation.interleaving import Start
from tests.unit.engine.simulation.world import ORG, World

GOOD, BAD = ReportStatus.COMPLETED, ReportStatus.FAILED


class Scene:
    """A run with a graph, whose tasks are known by their refs."""

    def __init__(self, *tasks: dict[str, Any], auto: bool = True) -> None:
        self.world = World()
        self.app = Application(self.world)
        self.ids: dict[str, str] = {}
        common = {"type": "t", "input_data": None, "max_retries": 0}
        request = CreateRun(
            input_data=None, auto_complete=auto, tasks=[NewTask(**{**common, **task}) for task in tasks]
        )

        def answered(created: Any) -> None:
            self.ids = created.run.task_ids

        self.world.perform("create_run", lambda ports: create_graph(ports, ORG, request), answered=answered)
        [self.run_id] = self.app.run_ids()

    def task(self, ref: str) -> TaskState:
        return self.world.state.tasks[ORG, self.ids[ref]]

    @property
    def run(self) -> RunState:
        run = self.world.state.run(ORG, self.run_id)
        assert run is not None
        return run

    def claims(self, ref: str, fault: Fault | None = None) -> None:
        request = Claim(worker_id=f"w-{ref}", claim_id=f"c-{ref}", tasks=[TaskRef(id=self.ids[ref])])
        self.world.perform(
            "claim", lambda ports: claim_tasks(ports, ORG, request), request=request, fault=fault
        )

    def reports(self, ref: str, status: ReportStatus = GOOD, fault: Fault | None = None) -> None:
        """What the worker of its first attempt says."""
        attempt = max(1, self.task(ref).attempt)
        result = Result(
            id=self.ids[ref], attempt=attempt, status=status, output_data=ref, error_data=ref, retryable=False
        )
        request = Report(worker_id=f"w-{ref}", results=[result])
        self.world.perform(
            "report", lambda ports: report_results(ports, ORG, request), request=request, fault=fault
        )

    def ends(self, ref: str, status: ReportStatus = GOOD) -> None:
        self.claims(ref)
        self.reports(ref, status)

    def adds(self, ref: str, *behind: str, fault: Fault | None = None, **fields: Any) -> None:
        names = [self.ids[each] for each in behind]
        task = CreateTask(
            run_id=self.run_id, type="t", input_data=None, enqueue=True, depends_on=names, **fields
        )

        def answered(created: Any) -> None:
            self.ids[ref] = created.tasks[0].id

        self.world.perform(
            "create_tasks", lambda ports: create_tasks(ports, ORG, [task]), answered=answered, fault=fault
        )

    def reporting(self, ref: str, status: ReportStatus = GOOD) -> Start:
        return lambda fault: self.reports(ref, status, fault)

    def claiming(self, ref: str) -> Start:
        return lambda fault: self.claims(ref, fault)

    def retrying(self, ref: str) -> Start:
        return lambda fault: self.app.retry_task(self.ids[ref], fault)
