"""Creating tasks: validate, send the messages, then write the records they speak of.

The message goes first: whoever dies in between leaves an orphan message, which is dropped once its id is a minute old, and
never a queued task that nobody will hear of. So a create whose sends took too long gives up its write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from foreman_contract.enums import TaskStatus
from foreman_contract.service import DEFAULT_TASK_QUEUE
from foreman_contract.tasks import CreateTask, Task
from foreman_engine.domain import ids
from foreman_engine.domain.errors import (
    AlreadyDoneError,
    ConflictError,
    Fault,
    IdTakenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from foreman_engine.domain.payload import payload
from foreman_engine.domain.retry import RetryPolicy
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.idempotency import IdempotencyKey
from foreman_engine.service.notices import notice, send
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import metadata_payload, read_run
from foreman_engine.service.views import task_view

WRITE_BEFORE_MS: Final = 25_000
_TRIES: Final = 8


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
) -> CreatedTasks:
    """Create 1-90 tasks of one run, all or nothing; those with `enqueue` have their messages on the queue.

    Raises:
        InvalidError: the tasks are not all of one run.
        NotFoundError: the run or a parent is unknown, or a parent is of another run.
        ConflictError: the run has ended.
        TooLargeError: a payload is over its limit.
    """
    run_id = _one_run(requests)
    if key is not None and (record := ports.keys.record(org_id, key.scope)) is not None:
        # Found only now, the messages of tasks that are not going to exist would be out already.
        made = key.replayed(AlreadyDoneError(record.body_hash, record.object_ids))
        return CreatedTasks(_made_before(ports, org_id, made), replayed=True)
    for _ in range(_TRIES):
        run = read_run(ports, org_id, run_id)
        if run.ended:
            raise ConflictError(f"The run has ended ({run.status}) and takes no more tasks.")
        _check_parents(ports, run, requests)
        now = ports.clock.now_ms()
        task_ids = ports.ids.task_ids(run_id, now, len(requests))
        tasks = [
            _new_task(task_id, run, request, now, traceparent)
            for task_id, request in zip(task_ids, requests, strict=True)
        ]
        try:
            _send(ports, tasks, now)
            ports.tasks.create(run, tasks, key.record(tuple(task_ids), now) if key else None)
        except IdTakenError:
            continue
        except AlreadyDoneError as done:
            if key is None:
                raise
            return CreatedTasks(_made_before(ports, org_id, key.replayed(done)), replayed=True)
        return CreatedTasks([task_view(task) for task in tasks], replayed=False)
    raise UnavailableError("No free task ids were drawn.")


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


def _new_task(
    task_id: str, run: RunState, request: CreateTask, now: int, traceparent: str | None
) -> TaskState:
    policy = request.retry_policy
    return TaskState(
        id=task_id,
        run_id=run.id,
        org_id=run.org_id,
        type=request.type,
        status=TaskStatus.QUEUED if request.enqueue else TaskStatus.PENDING,
        input_data=payload(request.input_data, "inputData"),
        metadata=metadata_payload(request.metadata),
        parent_task_id=request.parent_task_id,
        enqueue=request.enqueue,
        queue=request.queue or DEFAULT_TASK_QUEUE,
        priority=request.priority,
        max_retries=request.max_retries,
        retry_policy=None
        if policy is None
        else RetryPolicy(policy.initial_seconds, policy.factor, policy.max_seconds),
        timeout_s=request.timeout_seconds,
        queued_at=now if request.enqueue else None,
        traceparent=traceparent,
        created_at=now,
        updated_at=now,
    )


def _send(ports: Ports, tasks: Sequence[TaskState], begun_at: int) -> None:
    notices = [notice(task) for task in tasks if task.enqueue]
    if not notices:
        return
    send(ports, notices)
    if ports.clock.now_ms() - begun_at > WRITE_BEFORE_MS:
        raise UnavailableError("Sending took too long; nothing was created.")


def _made_before(ports: Ports, org_id: str, task_ids: Sequence[str]) -> list[Task]:
    found = ports.tasks.get(org_id, task_ids)
    loaded = ports.tasks.load([found[task_id] for task_id in task_ids])
    return [task_view(task) for task in loaded]
