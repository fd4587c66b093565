"""Creating tasks: validate, send the messages, then write the records they speak of.

The message goes first: whoever dies in between leaves an orphan message, which is dropped once its id is a minute old, and
never a queued task that nobody will hear of. So a create whose sends took too long gives up its write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from foreman_contract.enums import TaskStatus
from foreman_contract.tasks import CreateTask, Task
from foreman_engine.domain import ids
from foreman_engine.domain.errors import (
    AlreadyDoneError,
    ConflictError,
    Fault,
    IdTakenError,
    InvalidError,
    NotFoundError,
    StaleError,
    UnavailableError,
)
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.domain.waits import check_starts
from foreman_engine.domain.wiring import wire
from foreman_engine.domain.work import Work
from foreman_engine.service.idempotency import IdempotencyKey, made_before
from foreman_engine.service.new_tasks import Planned, find_dependencies, plan_tasks
from foreman_engine.service.notices import first_notices, send
from foreman_engine.service.ports import Ports, Writing
from foreman_engine.service.release import HINT_DELAY_S, resolve
from foreman_engine.service.replays import replayed_tasks
from foreman_engine.service.runs import read_run
from foreman_engine.service.settle import settle_hinted
from foreman_engine.service.views import task_view

WRITE_BEFORE_MS: Final = 25_000
_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class CreatedTasks:
    """Tasks in request order, and whether an earlier request with the same idempotency key made them."""

    tasks: list[Task]
    replayed: bool


def create_tasks(
    ports: Ports,
    org_id: str,
    requests: Sequence[CreateTask],
    key: IdempotencyKey | None = None,
    traceparent: str | None = None,
    *,
    batch: bool = True,
) -> CreatedTasks:
    """Create 1-90 tasks of one run, all or nothing; those with `enqueue` that may start have their messages on the queue.

    `batch` tells whether faults are named by the task's place in the call.

    Raises:
        InvalidError: the tasks are not all of one run, or their dependencies are not valid.
        NotFoundError: the run or a parent is unknown, or a parent is of another run.
        ConflictError: the run has ended.
        TooLargeError: a payload is over its limit.
    """
    run_id = _one_run(requests)
    check_starts(requests, ports.clock.now_ms(), batch=batch)
    wired = wire(requests, batch=batch)
    if (made := made_before(ports.keys, org_id, key)) is not None:
        return CreatedTasks(replayed_tasks(ports, org_id, made), replayed=True)
    for _ in range(_TRIES):
        run = read_run(ports, org_id, run_id)
        if run.ended:
            raise ConflictError(f"The run has ended ({run.status}) and takes no more tasks.")
        _check_parents(ports, run, requests)
        dependencies = find_dependencies(ports, run, wired)
        planned = plan_tasks(ports, run, requests, wired, dependencies, traceparent)
        record = key.record(tuple(task.id for task in planned.tasks), ports.clock.now_ms()) if key else None
        try:
            send_ahead(ports, planned)
            ports.tasks.create(run, planned.tasks, Writing(record, planned.dependencies))
        except (IdTakenError, StaleError):
            continue
        except AlreadyDoneError as done:
            if key is None:
                raise
            return CreatedTasks(replayed_tasks(ports, org_id, key.replayed(done)), replayed=True)
        return CreatedTasks([task_view(task) for task in _as_they_are(ports, run, planned)], replayed=False)
    raise UnavailableError("The run or what the tasks depend on is changing too fast.")


def send_ahead(ports: Ports, planned: Planned) -> None:
    """Send what must be on its way before the tasks exist: messages of those that may start, hints for those that never will.

    Raises:
        UnavailableError: it took so long that the messages may be taken for orphans; nothing may be created.
    """
    begun_at = ports.clock.now_ms()
    ready = [task for task in planned.tasks if task.status is TaskStatus.QUEUED]
    if not ready and not planned.doomed:
        return
    send(ports, first_notices(ready, begun_at))
    if planned.doomed:
        hints = [Work(task.org_id, task.run_id, task.id) for task in planned.doomed]
        ports.messages.send_work(hints, HINT_DELAY_S)
    if ports.clock.now_ms() - begun_at > WRITE_BEFORE_MS:
        raise UnavailableError("Sending took too long; nothing was created.")


def _as_they_are(ports: Ports, run: RunState, planned: Planned) -> Sequence[TaskState]:
    """The new tasks, after those that can never start have been cancelled, with everything behind them."""
    if not planned.doomed:
        return planned.tasks
    settle_hinted(ports, resolve(ports, run, planned.doomed))
    found = ports.tasks.get(run.org_id, [task.id for task in planned.tasks])
    return ports.tasks.load([found[task.id] for task in planned.tasks])


def _one_run(requests: Sequence[CreateTask]) -> str:
    run_id = requests[0].run_id
    faults = [
        Fault(f"tasks[{index}].runId", "must be the same for the whole batch")
        for index, request in enumerate(requests)
        if request.run_id != run_id
    ]
    if faults:
        raise InvalidError("A batch creates tasks of one run.", faults)
    return run_id


def _check_parents(ports: Ports, run: RunState, requests: Sequence[CreateTask]) -> None:
    parents = {request.parent_task_id for request in requests if request.parent_task_id is not None}
    address = ids.run_address(run.id)
    for parent in parents:
        found = ids.task_address(parent)
        if found is None or found.run != address:
            raise NotFoundError("There is no such parent task in this run.")
    found_parents = ports.tasks.get(run.org_id, sorted(parents)) if parents else {}
    if any(parent not in found_parents or found_parents[parent].run_id != run.id for parent in parents):
        raise NotFoundError("There is no such parent task in this run.")
