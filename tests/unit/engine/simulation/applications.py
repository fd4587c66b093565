"""What applications, the scheduler and Foreman's own Lambdas do."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.messages import TaskMessage
from foreman_contract.runs import CreateRun, PatchRun, Run
from foreman_contract.tasks import CreateTask, NewTask, PatchTask, RetryPolicy
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.creating_runs import create_graph
from foreman_engine.service.dead_letters import revive
from foreman_engine.service.idempotency import idempotency_key
from foreman_engine.service.ports import Ports
from foreman_engine.service.reconcile import reconcile
from foreman_engine.service.runs import cancel_run, retry_run, update_run
from foreman_engine.service.sweep import sweep
from foreman_engine.service.tasks import cancel_task, retry_task, update_task
from foreman_engine.service.work import finish_work
from tests.unit.engine.simulation.faults import Ended, Fault
from tests.unit.engine.simulation.world import EVENT_MS, ORG, OWN, World

Asked = TypeVar("Asked", CreateTask, NewTask)
WORK_VISIBILITY_MS = 360_000
DEAD_WORK_AGAIN_S = 900


@dataclass(frozen=True, slots=True)
class Order:
    """How a task is wished for."""

    enqueue: bool = True
    max_retries: int = 1
    timeout_s: int | None = None
    policy: RetryPolicy | None = None
    delay_s: float | None = None
    behind: tuple[int, ...] = ()
    """Picks among the tasks that the run has."""
    inner: int = 0
    """Bits: which of the orders before it in the call it depends on."""
    fan_in: str | int | None = None
    allow_failure: bool = False

    def fields(self, at: int, known: Sequence[str]) -> dict[str, Any]:
        """What a request says of it, as the `at`-th of its call in a run with the tasks `known`."""
        refs = [f"r{before}" for before in range(at) if self.inner >> before & 1]
        names = [*refs, *(known[pick % len(known)] for pick in self.behind if known)]
        given = {
            "timeout_seconds": self.timeout_s,
            "retry_policy": self.policy,
            "delay_seconds": self.delay_s,
            "fan_in": self._fan_in(len(set(names))),
        }
        return {
            "ref": f"r{at}",
            "type": "t",
            "input_data": 1,
            "max_retries": self.max_retries,
            "depends_on": names,
            "allow_failure": self.allow_failure,
            **{name: value for name, value in given.items() if value is not None},
        }

    def _fan_in(self, dependencies: int) -> Any:
        if isinstance(self.fan_in, str) or self.fan_in is None:
            return self.fan_in if dependencies else None
        return {"atLeast": min(self.fan_in, dependencies)} if dependencies else None


def in_call_order(requests: list[Asked]) -> list[Asked]:
    """Dependants also come before what they depend on: every other call is told backwards."""
    return requests[::-1] if len(requests) % 2 else requests


@dataclass
class Application:
    """An application of the organization, with the ids that it has heard of."""

    world: World

    def run_ids(self) -> list[str]:
        return sorted(run.id for run in self.world.state.runs.values())

    def create_run(
        self, auto_complete: bool, fault: Fault | None, orders: Sequence[Order] | None = None
    ) -> None:
        """Create a run, with tasks if there are orders."""
        graph: dict[str, Any] = {}
        if orders is not None:
            tasks = [NewTask(**order.fields(at, [])) for at, order in enumerate(orders)]
            graph = {"tasks": in_call_order(tasks)}
        request = CreateRun(input_data=None, auto_complete=auto_complete, **graph)
        self.world.perform("create_run", lambda ports: create_graph(ports, ORG, request), fault=fault)

    def create_tasks(self, run_id: str, orders: list[Order], key: str, fault: Fault | None) -> None:
        """Create tasks under an idempotency key; those without `enqueue` are put on the application's own queue."""
        known = sorted(task.id for task in self.world.state.tasks.values() if task.run_id == run_id)
        requests = in_call_order(
            [
                CreateTask(run_id=run_id, enqueue=order.enqueue, **order.fields(at, known))
                for at, order in enumerate(orders)
            ]
        )
        body = json.dumps([request.to_wire() for request in requests]).encode()
        scope = idempotency_key("POST", "/api/v1/tasks/batch", key, body)

        def answered(created: Any) -> None:
            for task in created.tasks:
                state = self.world.state.tasks[ORG, task.id]
                if not state.enqueue and not state.depends_on:
                    self.world.send_again(state, OWN)

        self.world.perform(
            "create_tasks",
            lambda ports: create_tasks(ports, ORG, requests, scope),
            answered=answered,
            fault=fault,
        )

    def patch_task(self, task_id: str, patch: PatchTask, fault: Fault | None = None) -> Ended:
        return self.world.perform(
            "patch_task", lambda ports: update_task(ports, ORG, task_id, patch), request=patch, fault=fault
        )

    def cancel_task(self, task_id: str, fault: Fault | None) -> None:
        self.world.perform("cancel_task", lambda ports: cancel_task(ports, ORG, task_id), fault=fault)

    def retry_task(self, task_id: str, fault: Fault | None) -> None:
        self.world.perform("retry_task", lambda ports: retry_task(ports, ORG, task_id), fault=fault)

    def patch_run(self, run_id: str, patch: PatchRun, fault: Fault | None) -> None:
        self._run("patch_run", run_id, lambda ports: update_run(ports, ORG, run_id, patch), patch, fault)

    def cancel_run(self, run_id: str, fault: Fault | None) -> None:
        self._run("cancel_run", run_id, lambda ports: cancel_run(ports, ORG, run_id), None, fault)

    def retry_run(self, run_id: str, fault: Fault | None) -> None:
        self._run("retry_run", run_id, lambda ports: retry_run(ports, ORG, run_id), None, fault)

    def _run(
        self, name: str, run_id: str, use_case: Callable[[Ports], Run], request: Any, fault: Fault | None
    ) -> None:
        def answered(answer: Run) -> None:
            run = self.world.state.run(ORG, run_id)
            assert run is not None
            if answer.status is run.status is RunStatus.CANCELLED:
                self.world.watcher.cancelled(run_id, run.epoch, next(self.world.numbers))

        self.world.perform(name, use_case, request=request, answered=answered, fault=fault)


@dataclass
class Machinery:
    """The triggers of the deployment: the sweep, the work queue, the dead letters, and the operator's reconcile."""

    world: World

    def sweep(self, fault: Fault | None = None) -> None:
        self.world.perform("sweep", sweep, fault=fault, limit_ms=EVENT_MS)

    def reconcile(self, idle_ms: int, fault: Fault | None = None) -> None:
        """An operator's command: nobody limits its time."""
        self.world.perform(
            "reconcile",
            lambda ports: list(reconcile(ports, ORG, idle_ms)),
            fault=fault,
            limit_ms=10 * 60_000,
        )

    def work(self, mask: int, fault: Fault | None = None, dies: bool = False) -> bool:
        """Deliver hints, as the bits of `mask` say; one that `dies` finishes but does not live to delete its message."""
        queue = self.world.messages.work
        received = queue.receive(100, WORK_VISIBILITY_MS)
        for index, got in enumerate(received):
            if not mask >> index & 1:
                queue.hide(got.receipt, 0)
                continue

            def answered(_: None, receipt: str = got.receipt) -> None:
                if not dies:
                    queue.delete(receipt)

            def use_case(ports: Ports, hint: Any = got.body) -> None:
                finish_work(ports, hint)

            self.world.perform(
                "work", use_case, request=got.body, answered=answered, fault=fault, limit_ms=EVENT_MS
            )
        return bool(received)

    def revive(self, fault: Fault | None = None) -> bool:
        """Handle what was received too often, as the dead-letter Lambda does."""
        self.world.bury()
        while self.world.dead_work:
            self.world.messages.send_work([self.world.dead_work.pop(0)], DEAD_WORK_AGAIN_S)
        letters = list(self.world.dead)
        for letter in letters:
            self._revive_one(letter, fault)
        return bool(letters)

    def _revive_one(self, letter: tuple[str, str], fault: Fault | None) -> None:
        url, body = letter
        message = TaskMessage.model_validate(json.loads(body))
        if url == self.world.url(OWN):
            self.world.dead.remove(letter)
            self.world.send_again(self.world.state.tasks[ORG, message.task_id], OWN)
            return

        def answered(_: object) -> None:
            if letter in self.world.dead:
                self.world.dead.remove(letter)

        self.world.perform(
            "revive",
            lambda ports: revive(ports, ORG, message),
            answered=answered,
            fault=fault,
            limit_ms=EVENT_MS,
        )


def is_callers(task: TaskState) -> bool:
    """Whether a caller runs the task with a queue of its own: Foreman's queue has no message of it."""
    return not task.enqueue and task.attempt > 0 and task.status is not TaskStatus.PENDING
