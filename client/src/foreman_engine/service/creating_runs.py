"""Creating a run together with its tasks: all of them or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from foreman_contract.runs import CreateRun
from foreman_contract.tasks import NewTask
from foreman_engine.domain.errors import AlreadyDoneError, IdTakenError, NotFoundError, UnavailableError
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.schedules import ScheduleChange
from foreman_engine.domain.waits import check_starts
from foreman_engine.domain.wiring import wire
from foreman_engine.service.creating import send_ahead
from foreman_engine.service.idempotency import IdempotencyKey, made_before
from foreman_engine.service.new_tasks import find_dependencies, plan_tasks
from foreman_engine.service.ports import Ports, Writing
from foreman_engine.service.runs import Created, create_run, get_run, new_run
from foreman_engine.service.views import run_view

_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class CreatedWhole:
    """A run, and the ids of the tasks that were created with it, in order."""

    created: Created
    task_ids: Sequence[str]


def create_graph(
    ports: Ports,
    org_id: str,
    request: CreateRun,
    key: IdempotencyKey | None = None,
    traceparent: str | None = None,
) -> Created:
    """Create a run, with its tasks if the request has some: those that depend on nothing have their messages on the queue.

    Raises:
        InvalidError: the dependencies are not valid.
        NotFoundError: a parent is named, and a new run has no tasks.
        TooLargeError: a payload is over its limit.
        KeyReusedError: the idempotency key came with another body before.
    """
    if request.tasks is None:
        return create_run(ports, org_id, request, key)
    return with_task_ids(create_whole(ports, org_id, request, request.tasks, key, traceparent), request.tasks)


def create_whole(
    ports: Ports,
    org_id: str,
    request: CreateRun,
    tasks: Sequence[NewTask],
    key: IdempotencyKey | None = None,
    traceparent: str | None = None,
    fired: Callable[[RunState], ScheduleChange] | None = None,
) -> CreatedWhole:
    """Create a run with `tasks`. `fired` tells what becomes of the schedule that starts it, which is written with the run.

    Raises:
        StaleError: the schedule is not as it was read; nothing was created.
        InvalidError, NotFoundError, TooLargeError, KeyReusedError: see `create_graph`.
    """
    check_starts(tasks, ports.clock.now_ms(), batch=True)
    wired = wire(tasks, batch=True)
    if any(task.parent_task_id is not None for task in tasks):
        raise NotFoundError("There is no such parent task in this run.")
    if (before := made_before(ports.keys, org_id, key)) is not None:
        return _made_before(ports, org_id, before)
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        run = new_run(ports.ids.run_id(now), org_id, request, now)
        auto_complete = request.auto_complete if "auto_complete" in request.model_fields_set else True
        run = replace(run, auto_complete=auto_complete, total_tasks=len(tasks))
        planned = plan_tasks(ports, run, tasks, wired, find_dependencies(ports, run, wired), traceparent)
        task_ids = tuple(task.id for task in planned.tasks)
        record = key.record((run.id, *task_ids), now) if key else None
        writing = Writing(record, new_run=True, fired=fired(run) if fired else None)
        try:
            send_ahead(ports, planned)
            ports.tasks.create(run, planned.tasks, writing)
        except IdTakenError:
            continue
        except AlreadyDoneError as error:
            if key is None:
                raise
            return _made_before(ports, org_id, key.replayed(error))
        return CreatedWhole(Created(run_view(run), replayed=False), task_ids)
    raise UnavailableError("No free run id was drawn.")


def with_task_ids(made: CreatedWhole, tasks: Sequence[NewTask]) -> Created:
    """The answer with the ids of the tasks that have a ref; `tasks` are those of the request that made them."""
    by_ref = {
        task.ref: task_id for task, task_id in zip(tasks, made.task_ids, strict=True) if task.ref is not None
    }
    return replace(made.created, run=made.created.run.model_copy(update={"task_ids": by_ref}))


def _made_before(ports: Ports, org_id: str, made: Sequence[str]) -> CreatedWhole:
    return CreatedWhole(Created(get_run(ports, org_id, made[0]), replayed=True), made[1:])
