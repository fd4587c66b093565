"""Creating a run together with its tasks: all of them or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from foreman_contract.runs import CreateRun
from foreman_contract.tasks import NewTask
from foreman_engine.domain.errors import AlreadyDoneError, IdTakenError, NotFoundError, UnavailableError
from foreman_engine.domain.wiring import wire
from foreman_engine.service.creating import send_ahead
from foreman_engine.service.idempotency import IdempotencyKey, made_before
from foreman_engine.service.new_tasks import find_dependencies, plan_tasks
from foreman_engine.service.ports import Ports, Writing
from foreman_engine.service.runs import Created, create_run, get_run, new_run
from foreman_engine.service.views import run_view

_TRIES: Final = 8


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
    tasks = request.tasks
    wired = wire(tasks, batch=True)
    if any(task.parent_task_id is not None for task in tasks):
        raise NotFoundError("There is no such parent task in this run.")
    if (before := made_before(ports.keys, org_id, key)) is not None:
        return _replayed(ports, org_id, tasks, before)
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        run = new_run(ports.ids.run_id(now), org_id, request, now)
        auto_complete = request.auto_complete if "auto_complete" in request.model_fields_set else True
        run = replace(run, auto_complete=auto_complete, total_tasks=len(tasks))
        planned = plan_tasks(ports, run, tasks, wired, find_dependencies(ports, run, wired), traceparent)
        task_ids = [task.id for task in planned.tasks]
        made = (run.id, *task_ids)
        try:
            send_ahead(ports, planned)
            ports.tasks.create(
                run, planned.tasks, Writing(key.record(made, now) if key else None, new_run=True)
            )
        except IdTakenError:
            continue
        except AlreadyDoneError as error:
            if key is None:
                raise
            return _replayed(ports, org_id, tasks, key.replayed(error))
        return _with_ids(Created(run_view(run), replayed=False), tasks, task_ids)
    raise UnavailableError("No free run id was drawn.")


def _replayed(ports: Ports, org_id: str, tasks: Sequence[NewTask], made: Sequence[str]) -> Created:
    return _with_ids(Created(get_run(ports, org_id, made[0]), replayed=True), tasks, made[1:])


def _with_ids(created: Created, tasks: Sequence[NewTask], task_ids: Sequence[str]) -> Created:
    """The answer with the ids of the tasks that have a ref."""
    by_ref = {
        task.ref: task_id for task, task_id in zip(tasks, task_ids, strict=True) if task.ref is not None
    }
    return replace(created, run=created.run.model_copy(update={"task_ids": by_ref}))
