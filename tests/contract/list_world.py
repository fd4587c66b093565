"""An organization whose runs and tasks are made, moved and listed through the use cases."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.runs import CreateRun, PatchRun, Run, RunPage
from foreman_contract.tasks import CreateTask, PatchTask, Task, TaskPage
from foreman_engine.domain.errors import ConflictError
from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.messages import MemoryMessages
from foreman_engine.service import runs, tasks
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_lists import RunsAsked, list_runs
from foreman_engine.service.task_lists import TasksAsked, list_tasks
from foreman_engine.service.views import run_view, task_view
from tests.contract.list_model import Asked, Step, answer

NOBODY = "0190c5c8-0000-8000-8000-000000000000"
"""A task id that nothing has."""

Row: TypeAlias = Run | Task
Page: TypeAlias = RunPage | TaskPage
Ids: TypeAlias = tuple[str | None, str | None]


@dataclass
class ListWorld:
    """One organization; it always has a run with a task."""

    ports: Ports
    org_id: str
    run_ids: list[str] = field(default_factory=list)
    task_ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        messages = MemoryMessages(
            self.clock, "test"
        )  # stores alone are tried, also where there are no queues
        self.ports = replace(self.ports, clock=self.clock, messages=messages)
        self.create_run()
        self.create(0, "order", 1)

    def create_run(self) -> None:
        self.run_ids.append(runs.create_run(self.ports, self.org_id, CreateRun(input_data=None)).run.id)

    def create(self, run: int, kind: str, count: int, **fields: Any) -> None:
        run_id = self.run_ids[run % len(self.run_ids)]
        request = CreateTask(run_id=run_id, type=kind, input_data=1, **fields, enqueue=True)
        with suppress(ConflictError):  # the run has ended
            made = create_tasks(self.ports, self.org_id, [request] * count)
            self.task_ids += [task.id for task in made.tasks]

    def take(self, step: Step) -> None:
        """Apply a step that hypothesis drew; what the state does not allow changes nothing."""
        self.clock.advance(step.after_ms)
        run_id = self.run_ids[step.which % len(self.run_ids)]
        task_id = self.task_ids[step.which % len(self.task_ids)]
        org = (self.ports, self.org_id)
        with suppress(ConflictError):
            match step.kind:
                case "run":
                    self.create_run()
                case "tasks":
                    self.create(step.which, step.type, 1 + step.which % 3)
                case "child":
                    run = self.run_ids.index(tasks.get_task(*org, task_id).run_id)
                    self.create(run, step.type, 2, parent_task_id=task_id)
                case "move run":
                    runs.update_run(*org, run_id, PatchRun(status=RunStatus(step.status)))
                case "move task":
                    tasks.update_task(*org, task_id, PatchTask(status=TaskStatus(step.status)))
                case "cancel run":
                    runs.cancel_run(*org, run_id)
                case "retry run":
                    runs.retry_run(*org, run_id)
                case "retry task":
                    tasks.retry_task(*org, task_id)

    def rows(self, asked: Asked, ids: Ids) -> list[Row]:
        """What the list must answer now, each row read by its id."""
        if not asked.tasks:
            runs_now = self.ports.runs.whole(self.org_id, self.run_ids)
            loaded = self.ports.runs.load([*runs_now.values()])
            return [*answer([run_view(state) for state in loaded], asked, *ids)]
        now = self.ports.tasks.get(self.org_id, self.task_ids)
        states = self.ports.tasks.load([*now.values()])
        return [*answer([task_view(state) for state in states], asked, *ids)]

    def ids_of(self, asked: Asked) -> Ids:
        """The run and the parent that a list means."""
        run = None if asked.run is None else self.run_ids[asked.run % len(self.run_ids)]
        if asked.parent is None:
            return run, None
        return run, NOBODY if asked.parent < 0 else self.task_ids[asked.parent % len(self.task_ids)]

    def page(self, asked: Asked, ids: Ids, limit: int, **fields: Any) -> Page:
        query = ListQuery(limit, ascending=asked.ascending, **fields)
        if not asked.tasks:
            status = RunStatus(asked.status) if asked.status else None
            return list_runs(self.ports, self.org_id, RunsAsked(status, asked.sort), query)
        status_of = TaskStatus(asked.status) if asked.status else None
        wanted = TasksAsked(ids[0], status_of, asked.type, ids[1], asked.sort)
        return list_tasks(self.ports, self.org_id, wanted, query)
