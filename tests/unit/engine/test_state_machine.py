"""The engine under everything that can go wrong at once; see `simulation/`: what is judged after each port call and at the end.

Each example is a world of one organization, up to two runs and a few tasks, three workers. The calls of the engine die,
stand still, are refused or go unheard at any port call. Once the faults stop, everything ends by itself.
"""

from typing import Any
from unittest import mock

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from foreman_contract.enums import RunStatus
from foreman_contract.runs import PatchRun
from foreman_contract.tasks import PatchTask
from foreman_engine.memory import queue as memory_queue
from foreman_engine.service import release, settle, walks
from foreman_engine.service import work as work_queue
from tests.unit.engine.simulation.applications import Application, Machinery, Order
from tests.unit.engine.simulation.faults import Fault
from tests.unit.engine.simulation.rest import check_rest, come_to_rest, next_wait_ms
from tests.unit.engine.simulation.strategies import (
    WORDS,
    faults,
    hearings,
    masks,
    orders,
    picks,
    reports,
    run_patches,
    stalls,
    task_patches,
    verbs,
    visibilities,
)
from tests.unit.engine.simulation.workers import Hearing, How, Worker, replay
from tests.unit.engine.simulation.world import OWN, TASKS, World

RUNS, TASKS_OF_ALL, WORKERS = 2, 8, 3
RECEIVES = 5
"""How often a message is received here before it is a dead letter: few, so that there are some."""


class Engine(RuleBasedStateMachine):
    """Everything but reconcile: nothing here needs it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.app = Application(self.world)
        self.machinery = Machinery(self.world)
        self.workers = [Worker(self.world, number) for number in range(WORKERS)]
        self.patches: list[Any] = []

    @initialize(auto=st.booleans(), first=orders, small=st.booleans())
    def begin(self, auto: bool, first: list[Order], small: bool) -> None:
        self._patch(memory_queue, "MAX_RECEIVES", RECEIVES)
        if small:
            self._patch(walks, "PAGE", 2)
            self._patch(walks, "INLINE_PAGES", 1)
            self._patch(work_queue, "WORK_PAGES", 1)
            self._patch(release, "PAGE", 1)
            self._patch(release, "_MANY", 1)
            self._patch(settle, "INLINE_PAGES", 1)
            self._patch(work_queue, "RELEASE_PAGES", 1)
        self.app.create_run(auto, None)
        self.app.create_tasks(self._run(0), first, "first", None)

    def _patch(self, where: Any, name: str, value: int) -> None:
        patch = mock.patch.object(where, name, value)
        patch.start()
        self.patches.append(patch)

    def _task(self, pick: int, *, ended: bool = False) -> str:
        """A task; an ended one if wished for and there is one."""
        tasks = sorted(self.world.state.tasks.values(), key=lambda task: task.id)
        wished = [task.id for task in tasks if task.ended or not ended] or [task.id for task in tasks]
        return wished[pick % len(wished)]

    def _run(self, pick: int, *, ended: bool = False) -> str:
        """A run; an ended one if wished for and there is one."""
        runs = sorted(self.world.state.runs.values(), key=lambda run: run.id)
        wished = [run.id for run in runs if run.ended or not ended] or [run.id for run in runs]
        return wished[pick % len(wished)]

    # What applications do

    @precondition(lambda self: len(self.world.state.runs) < RUNS)
    @rule(auto=st.booleans(), wanted=st.none() | orders, fault=faults)
    def create_run(self, auto: bool, wanted: list[Order] | None, fault: Fault | None) -> None:
        self.app.create_run(auto, fault, wanted)

    @precondition(lambda self: len(self.world.state.tasks) < TASKS_OF_ALL)
    @rule(pick=picks, wanted=orders, key=st.sampled_from("abcd"), fault=faults)
    def create_tasks(self, pick: int, wanted: list[Order], key: str, fault: Fault | None) -> None:
        self.app.create_tasks(self._run(pick), wanted, key, fault)

    @rule(pick=picks, of_task=task_patches, of_run=st.none() | run_patches, fault=faults)
    def patch(
        self, pick: int, of_task: dict[str, Any], of_run: dict[str, Any] | None, fault: Fault | None
    ) -> None:
        if of_run is None:
            self.app.patch_task(self._task(pick), PatchTask(**of_task), fault)
        else:
            self.app.patch_run(self._run(pick), PatchRun(**of_run), fault)

    @rule(
        verb=st.sampled_from(["cancel_task", "cancel_run", "retry_task", "retry_run"]),
        pick=picks,
        fault=faults,
    )
    def cancel_or_retry(self, verb: str, pick: int, fault: Fault | None) -> None:
        self._do(verb, pick, fault)

    # What workers do

    @rule(pick=picks, queue=st.sampled_from([TASKS, TASKS, OWN]), mask=masks, visibility_ms=visibilities)
    def receive(self, pick: int, queue: str, mask: int, visibility_ms: int) -> None:
        self.workers[pick % WORKERS].receive(queue, mask, visibility_ms)

    @rule(pick=picks, lease_s=st.sampled_from([None, 5, 30]), how=hearings)
    def claim(self, pick: int, lease_s: int | None, how: Hearing) -> None:
        self.workers[pick % WORKERS].claim(lease_s, how)

    @rule(
        pick=picks,
        lease_s=st.sampled_from([None, 5]),
        says=st.none() | reports,
        how=hearings,
        again=st.booleans(),
    )
    def receive_and_run(
        self, pick: int, lease_s: int | None, says: How | None, how: Hearing, again: bool
    ) -> None:
        worker = self.workers[pick % WORKERS]
        worker.receive(TASKS, 63, 65_000)
        worker.claim(lease_s, Hearing())
        if says is not None:
            worker.report(63, says, how)
            if again:
                worker.report(63, says, Hearing())

    @rule(pick=picks, task=picks, how=hearings)
    def claim_without_a_message(self, pick: int, task: int, how: Hearing) -> None:
        self.workers[pick % WORKERS].claim(None, how, [self._task(task)])

    @precondition(lambda self: any(worker.unheard for worker in self.workers))
    @rule(pick=picks, how=hearings)
    def claim_again(self, pick: int, how: Hearing) -> None:
        waiting = [worker for worker in self.workers if worker.unheard]
        waiting[pick % len(waiting)].claim_again(pick, how)

    @precondition(lambda self: any(worker.running for worker in self.workers))
    @rule(pick=picks, progress=st.sampled_from([None, 1, 2]), visibility_ms=visibilities, how=hearings)
    def heartbeat(self, pick: int, progress: int | None, visibility_ms: int, how: Hearing) -> None:
        self._busy_one(pick).heartbeat(progress, visibility_ms, how)

    @precondition(lambda self: any(worker.running for worker in self.workers))
    @rule(pick=picks, mask=masks, says=reports, how=hearings)
    def report(self, pick: int, mask: int, says: How, how: Hearing) -> None:
        self._busy_one(pick).report(mask, says, how)

    def _busy_one(self, pick: int) -> Worker:
        busy = [worker for worker in self.workers if worker.running]
        return busy[pick % len(busy)]

    @rule(pick=picks)
    def die(self, pick: int) -> None:
        self.workers[pick % WORKERS].forget()

    # What the network, the queues, the clocks and the machines do

    @precondition(lambda self: self.world.requests)
    @rule(pick=st.integers(0, 30), fault=faults)
    def replay(self, pick: int, fault: Fault | None) -> None:
        name, request = self.world.requests[-1 - pick % len(self.world.requests)]
        replay(self.world, name, request, fault)

    @rule(pick=picks)
    def send_a_message_twice(self, pick: int) -> None:
        task = self.world.state.tasks["acme", self._task(pick)]
        if task.enqueue:
            self.world.send_again(task, TASKS)

    @precondition(lambda self: self.world.stalled)
    @rule(pick=picks, fault=faults)
    def go_on(self, pick: int, fault: Fault | None) -> None:
        self.world.resume(pick, fault)

    @rule(
        pick=picks,
        verbs=st.lists(verbs, min_size=2, max_size=4),
        stall=stalls,
        fault=faults,
        last=faults,
    )
    def race(
        self, pick: int, verbs: list[str], stall: Fault, fault: Fault | None, last: Fault | None
    ) -> None:
        """One stands still, others come between, and it goes on: all about the same run and task."""
        self._do(verbs[0], pick, stall)
        for verb in verbs[1:]:
            self._do(verb, pick, fault)
        if self.world.stalled:
            self.world.resume(-1, last)

    def _do(self, verb: str, pick: int, fault: Fault | None) -> None:
        worker = self.workers[pick % WORKERS]
        match verb:
            case "claim":
                worker.receive(TASKS, 63, 65_000)
                worker.claim(5, Hearing(fault))
            case "report" | "fail" | "release":
                worker.report(63, WORDS[verb], Hearing(fault))
            case "heartbeat":
                worker.heartbeat(pick, 65_000, Hearing(fault))
            case "end_run":
                self.app.patch_run(self._run(pick), PatchRun(status=RunStatus.COMPLETED), fault)
            case "work":
                self.machinery.work(63, fault)
            case "sweep":
                self.machinery.sweep(fault)
            case "cancel_run" | "retry_run":
                getattr(self.app, verb)(self._run(pick, ended=verb == "retry_run"), fault)
            case _:
                getattr(self.app, verb)(self._task(pick, ended=verb == "retry_task"), fault)

    @rule(ms=st.sampled_from([1, 100, 2500, 6000, 31_000, 61_000, 900_000, 3_600_000]))
    def time_goes_on(self, ms: int) -> None:
        self.world.advance(ms)

    @rule()
    def time_goes_on_to_the_next_message(self) -> None:
        wait_ms = next_wait_ms(self.world)
        if wait_ms is not None:
            self.world.advance(wait_ms)

    @rule(off_ms=st.integers(-2000, 2000), lagging=st.booleans())
    def the_clock_is_off_and_the_index_lags(self, off_ms: int, lagging: bool) -> None:
        self.world.skew(off_ms)
        self.world.tasks.lagging = lagging

    @rule(fault=faults)
    def sweep(self, fault: Fault | None) -> None:
        self.machinery.sweep(fault)

    @rule(mask=masks, fault=faults, dies=st.booleans())
    def work(self, mask: int, fault: Fault | None, dies: bool) -> None:
        self.machinery.work(mask, fault, dies)

    @rule(fault=faults)
    def dead_letters(self, fault: Fault | None) -> None:
        self.machinery.revive(fault)

    @invariant()
    def whatever_waits_has_a_message(self) -> None:
        if not self.world.broken:
            self.world.check_messages()

    def teardown(self) -> None:
        try:
            self.world.kill()
            if not self.world.broken:
                come_to_rest(self.world)
                check_rest(self.world)
        finally:
            for patch in self.patches:
                patch.stop()


class ReconciledEngine(Engine):
    """With an operator who lets reconcile run at any moment."""

    @rule(idle_ms=st.sampled_from([0, 900_000]), fault=faults)
    def reconcile(self, idle_ms: int, fault: Fault | None) -> None:
        self.machinery.reconcile(idle_ms, fault)


def budget(at_least: int) -> settings:
    """As the profile says, but enough examples to come upon something."""
    return settings(
        max_examples=max(at_least, settings().max_examples),
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow],
    )


TestEngine = Engine.TestCase
TestEngine.settings = budget(300)
TestReconciledEngine = ReconciledEngine.TestCase
TestReconciledEngine.settings = budget(100)
