"""The world once nothing goes wrong any more: time goes on, workers complete what they get, and everything comes to rest."""

from typing import Final

from foreman_contract.enums import TaskStatus
from foreman_contract.service import DEFAULT_RESULT_QUEUE
from foreman_contract.tasks import PatchTask
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from tests.unit.engine.simulation.applications import Application, Machinery, is_callers
from tests.unit.engine.simulation.workers import Hearing, How, Worker
from tests.unit.engine.simulation.world import OWN, TASKS, World

_ROUNDS: Final = 300
_MINUTE_MS: Final = 60_000
_AHEAD_MS: Final = 900_000
_ALL: Final = (1 << 100) - 1


def come_to_rest(world: World) -> None:
    """Let the faultless world go on until no message and no wait is left.

    Raises:
        AssertionError: it does not come to rest.
    """
    world.kill()
    world.skew(0)
    world.tasks.lagging = False
    _callers_finish(world)
    worker, machinery = Worker(world, 99), Machinery(world)
    for _ in range(_ROUNDS):
        if _busy(world, worker, machinery):
            continue
        wait_ms = next_wait_ms(world)
        if wait_ms is None:
            return
        world.advance(wait_ms)
        machinery.sweep()
    raise AssertionError("the world does not come to rest")


def _callers_finish(world: World) -> None:
    """Callers end what they took into their own hands, and send the tasks of their own queues once more."""
    for task in list(world.state.tasks.values()):
        in_hand = task.status is TaskStatus.RUNNING and task.lease_until is None
        if not task.ended and (in_hand or task.id in world.watcher.by_hand):
            Application(world).patch_task(task.id, PatchTask(status=TaskStatus.COMPLETED))
        if is_callers(world.state.tasks[task.org_id, task.id]):
            world.send_again(task, OWN)


def _busy(world: World, worker: Worker, machinery: Machinery) -> bool:
    """Do what can be done now; whether there was anything."""
    did = machinery.revive()
    did |= machinery.work(_ALL)
    for queue in (TASKS, OWN):
        worker.receive(queue, _ALL, 65_000)
        while worker.deliveries:
            did = True
            worker.claim(None, Hearing())
            worker.report(_ALL, How(), Hearing())
    assert not worker.running
    return did


def _read_results(world: World) -> None:
    url = world.url(DEFAULT_RESULT_QUEUE)
    while received := world.messages.receive(url, 100):
        for event in received:
            world.messages.delete(url, event.receipt)


def next_wait_ms(world: World) -> int | None:
    """Until something becomes visible, or the sweep of a minute finds something; None when nothing is left to wait for."""
    now = world.true.now_ms()
    _read_results(world)
    due = [task.due_at - _AHEAD_MS for task in world.state.tasks.values() if task.due_at is not None]
    instants = [max(at, now + 1) // _MINUTE_MS * _MINUTE_MS + _MINUTE_MS for at in due]
    visible = world.messages.next_visible_ms()
    if visible is not None:
        instants.append(visible)
    return max(1, min(instants) - now) if instants else None


def check_rest(world: World) -> None:
    """What must be true once the world has come to rest."""
    for task in world.state.tasks.values():
        waits = task.status is TaskStatus.PENDING and task.depends_on
        if (task.enqueue and not waits) or is_callers(task):
            assert task.ended, f"never ended: {task}"
        if task.ended:
            assert world.watcher.told[task.id, task.status, task.completed_at], f"no event of {task}"
    world.watcher.graphs.check_rest()
    for run in world.state.runs.values():
        _check_run(world, run, world.watcher.tasks_of(run))
    for queue in (TASKS, OWN):
        assert world.messages.bodies(world.url(queue)) == []
    assert not world.messages.work.bodies() + world.dead_work
    assert not world.dead


def _check_run(world: World, run: RunState, tasks: list[TaskState]) -> None:
    assert not run.hold, f"held for ever: {run}"
    if run.auto_complete and tasks and all(task.ended for task in tasks):
        assert run.ended, f"never ended: {run}"
    if run.ended:
        assert run.notified_at is not None
        assert world.watcher.told[run.id, run.status, run.completed_at], f"no event of {run}"
