"""Judges the records after each port call: every write is legal, every count is a recount, nothing is forgotten."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.messages import ResultMessage
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Counts, TaskState
from foreman_engine.memory.state import MemoryState
from foreman_engine.service.ports import EventNotice, TaskNotice
from tests.unit.engine.simulation import run_rules, task_rules
from tests.unit.engine.simulation.faults import Doing
from tests.unit.engine.simulation.graph_rules import GraphRules

End = tuple[str, str, int | None]
"""Which task or run ended, as what, and when."""


@dataclass
class Watcher:
    """What was seen so far of the records in `state`."""

    state: MemoryState
    latest_ms: int = 0
    """The latest instant that the API's clock has shown."""
    ends: set[End] = field(default_factory=set)
    told: Counter[End] = field(default_factory=Counter)
    """The events sent, by what they tell."""
    by_hand: set[str] = field(default_factory=set)
    """Tasks that a PATCH took into its caller's hands: no message is sent for them until a retry puts them back."""
    cancel_answered: dict[tuple[str, int], int] = field(default_factory=dict)
    """By run and epoch: the number of the first call that began after the cancel was answered."""
    graphs: GraphRules = field(init=False)
    _tasks: dict[tuple[str, str], TaskState] = field(default_factory=dict)
    _runs: dict[tuple[str, str], RunState] = field(default_factory=dict)
    _outcomes: set[tuple[str, int]] = field(default_factory=set)
    _run_ends: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.graphs = GraphRules(self.state)

    def see(self, doing: Doing, method: str, args: tuple[Any, ...]) -> bool:
        """Judge what the port call did; whether it changed anything."""
        if method == "send_events":
            self._see_events(args[2])
        if method == "send_tasks":
            self._see_notices(args[0], args[1])
        tasks, runs = dict(self.state.tasks), dict(self.state.runs)
        new_tasks = [task for key, task in tasks.items() if self._tasks.get(key) is not task]
        new_runs = [run for key, run in runs.items() if self._runs.get(key) is not run]
        if not new_tasks and not new_runs:
            return False
        for task in new_tasks:
            self._see_task(doing, self._tasks.get((task.org_id, task.id)), task)
        for run in new_runs:
            self._see_run(doing, self._runs.get((run.org_id, run_address(run.id) or "")), run)
        self._tasks, self._runs = tasks, runs
        self.graphs.look()
        self._recount()
        return True

    def tasks_of(self, run: RunState) -> list[TaskState]:
        return [task for task in self.state.tasks.values() if task.run_id == run.id]

    def _see_notices(self, org_id: str, notices: Sequence[TaskNotice]) -> None:
        for notice in notices:
            task = self.state.tasks.get((org_id, notice.message.task_id))
            assert task is None or task.enqueue, "a message was sent for a task that its caller queues"

    def _see_events(self, notices: Sequence[EventNotice]) -> None:
        for event in notices:
            message = event.message
            end = (message.task_id or message.run_id, message.status, message.at)
            assert end in self.ends, f"an event of an end that never was: {end}"
            assert message.event == f"{'task' if message.task_id else 'run'}.{message.status}"
            if message.task_id is None:
                self._check_run_event(message)
            self.told[end] += 1

    def _check_run_event(self, message: ResultMessage) -> None:
        run = next(run for run in self.state.runs.values() if run.id == message.run_id)
        if run.completed_at == message.at and run.status == message.status == RunStatus.CANCELLED:
            assert all(task.ended for task in self.tasks_of(run)), "told as cancelled before its tasks were"

    def _see_task(self, doing: Doing, before: TaskState | None, after: TaskState) -> None:
        if before is None:
            assert doing.name in ("create_tasks", "create_run")
            self.graphs.see_new(after)
            return
        before, loaded = self.state.payloads.load(before), self.state.payloads.load(after)
        task_rules.check_write(doing, before, loaded, self.latest_ms)
        self._see_graph(doing, before, loaded)
        self._check_outcome(doing, before, after)
        if doing.name == "report" or (
            after.status is TaskStatus.RUNNING and before.status is not after.status
        ):
            self._check_cancel(doing, after)
        if after.ended and not before.ended:
            self.ends.add((after.id, after.status, after.completed_at))
        self._note_hands(doing, before, after)

    def _see_graph(self, doing: Doing, before: TaskState, loaded: TaskState) -> None:
        if before.ended and not loaded.ended:
            self.graphs.see_back(loaded)
        if not before.waits or before.status is loaded.status:
            return
        if task_rules.is_cascade(before, loaded):
            self.graphs.see_cancel(before, loaded)
        elif doing.name == "claim" or task_rules.is_release(doing, before, loaded):
            self.graphs.see_release(before)

    def _check_outcome(self, doing: Doing, before: TaskState, after: TaskState) -> None:
        """The outcome of an attempt, by whatever way, is recorded once."""
        ended = before.status is TaskStatus.RUNNING and (
            after.status is not TaskStatus.RUNNING or after.attempt != before.attempt
        )
        if ended and doing.name in ("claim", "report", "heartbeat"):
            assert (before.id, before.attempt) not in self._outcomes
            self._outcomes.add((before.id, before.attempt))

    def _check_cancel(self, doing: Doing, task: TaskState) -> None:
        run = self.state.run(task.org_id, task.run_id)
        assert run is not None
        assert run.status is not RunStatus.PENDING, "a task started before its run"
        since = self.cancel_answered.get((run.id, run.epoch))
        assert since is None or doing.number < since, (
            "started or reported though the run's cancel was answered"
        )

    def _note_hands(self, doing: Doing, before: TaskState, after: TaskState) -> None:
        if before.ended and not after.ended:
            self.by_hand.discard(after.id)
        if doing.name != "patch_task" or before.status is after.status:
            return
        released = task_rules.is_release(doing, before, after)
        without_message = before.due_at is not None or (before.waits and not released)
        if after.status is TaskStatus.RUNNING or without_message:
            self.by_hand.add(after.id)

    def _see_run(self, doing: Doing, before: RunState | None, after: RunState) -> None:
        if before is None:
            assert doing.name == "create_run"
            return
        run_rules.check_write(doing, before, after, self.tasks_of(after))
        self.graphs.see_run(before, after, self.tasks_of(after))
        if after.ended and not before.ended:
            assert (after.id, before.epoch) not in self._run_ends, "a run ended twice"
            self._run_ends.add((after.id, before.epoch))
            self.ends.add((after.id, after.status, after.completed_at))

    def _recount(self) -> None:
        for (org_id, address), run in self.state.runs.items():
            tasks = self.tasks_of(run)
            assert run.total_tasks == len(tasks), "totalTasks is not the number of tasks"
            ends = Counter(task.status for task in tasks)
            counted = Counts(
                ends[TaskStatus.COMPLETED],
                ends[TaskStatus.FAILED],
                ends[TaskStatus.CANCELLED],
                sum(task.status is TaskStatus.FAILED and task.allow_failure for task in tasks),
            )
            kept = self.state.counts.get((org_id, address), Counts())
            assert kept == counted, f"the counters say {kept}, the tasks {counted}"
            assert replace(run, counts=Counts()) == run

    def cancelled(self, run_id: str, epoch: int, next_call: int) -> None:
        """A cancel was answered: no call that begins from now on starts anything of the run."""
        self.cancel_answered.setdefault((run_id, epoch), next_call)
