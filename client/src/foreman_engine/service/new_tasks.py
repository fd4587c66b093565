"""From the tasks of a creating call to their states, with what they depend on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from foreman_contract.enums import TaskStatus
from foreman_contract.graphs import AtLeast
from foreman_contract.service import DEFAULT_TASK_QUEUE
from foreman_contract.tasks import CreateTask, NewTask
from foreman_engine.domain import ids
from foreman_engine.domain.errors import Fault, InvalidError
from foreman_engine.domain.graph import Readiness, judge
from foreman_engine.domain.payload import payload
from foreman_engine.domain.retry import RetryPolicy
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import FanIn, TaskState
from foreman_engine.domain.waits import first_start, with_wait
from foreman_engine.domain.wiring import Wire
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import metadata_payload


@dataclass(frozen=True, slots=True)
class Planned:
    """Tasks about to be created, in order. `doomed` are those that can never start: what they depend on has failed already.

    `dependencies` are the tasks outside the call to be told of them: also one that has ended, because a retry may open it again.
    One that failed must not be opened while these are written: nobody would tell them what becomes of it.
    """

    tasks: Sequence[TaskState]
    doomed: Sequence[TaskState]
    dependencies: Sequence[TaskState]


def find_dependencies(ports: Ports, run: RunState, wired: Sequence[Sequence[Wire]]) -> dict[str, TaskState]:
    """The tasks outside the call that it depends on, as they are now.

    Raises:
        InvalidError: one is unknown, or of another run; the faults name it.
    """
    outside = [each for wires in wired for each in wires if each.place is None]
    address = ids.run_address(run.id)
    of_run = {each.task_id for each in outside if _run_of(each.task_id) == address}
    found = ports.tasks.get(run.org_id, sorted(of_run)) if of_run else {}
    mine = {task_id: task for task_id, task in found.items() if task.run_id == run.id}
    faults = [
        Fault(each.path, "is not the id of a task of this run")
        for each in outside
        if each.task_id not in mine
    ]
    if faults:
        raise InvalidError(f"The dependencies are not valid: {faults[0].path} {faults[0].message}.", faults)
    return mine


def _run_of(task_id: str) -> str | None:
    address = ids.task_address(task_id)
    return address.run if address is not None else None


def plan_tasks(
    ports: Ports,
    run: RunState,
    requests: Sequence[NewTask],
    wired: Sequence[Sequence[Wire]],
    dependencies: Mapping[str, TaskState],
    traceparent: str | None,
) -> Planned:
    """The tasks that the requests ask for. Those that wait for no other task are `queued`.

    Raises:
        TooLargeError: a payload is over its limit.
    """
    now = ports.clock.now_ms()
    task_ids = ports.ids.task_ids(run.id, now, len(requests))
    inner = {each.place for wires in wired for each in wires if each.place is not None}
    tasks, doomed = [], []
    for at, (task_id, request, wires) in enumerate(zip(task_ids, requests, wired, strict=True)):
        names = tuple(each.task_id if each.place is None else task_ids[each.place] for each in wires)
        task = replace(
            _new_task(task_id, run, request),
            depends_on=names,
            has_dependants=at in inner,
            traceparent=traceparent,
        )
        readiness = judge(task, dependencies, run).readiness
        if readiness is Readiness.READY and task.enqueue:
            task = with_wait(replace(task, status=TaskStatus.QUEUED, queued_at=now), now)
        if readiness is Readiness.IMPOSSIBLE:
            doomed.append(task)
        tasks.append(task)
    to_tell = [
        each
        for each in dependencies.values()
        if each.status is not TaskStatus.COMPLETED or not each.has_dependants
    ]
    return Planned(tasks, doomed, to_tell)


def _new_task(task_id: str, run: RunState, request: NewTask) -> TaskState:
    """A new task. The order of creation is that of the ids, so its instant is the id's."""
    now = ids.created_ms(task_id)
    policy = request.retry_policy
    return TaskState(
        id=task_id,
        run_id=run.id,
        org_id=run.org_id,
        type=request.type,
        status=TaskStatus.PENDING,
        input_data=payload(request.input_data, "inputData"),
        metadata=metadata_payload(request.metadata),
        parent_task_id=request.parent_task_id,
        fan_in=_fan_in(request),
        allow_failure=request.allow_failure,
        enqueue=request.enqueue if isinstance(request, CreateTask) else True,
        queue=request.queue or DEFAULT_TASK_QUEUE,
        priority=request.priority,
        max_retries=request.max_retries,
        retry_policy=None
        if policy is None
        else RetryPolicy(policy.initial_seconds, policy.factor, policy.max_seconds),
        timeout_s=request.timeout_seconds,
        available_at=first_start(request, now),
        created_at=now,
        updated_at=now,
        epoch=run.epoch,
    )


def _fan_in(request: NewTask) -> FanIn | None:
    return request.fan_in.at_least if isinstance(request.fan_in, AtLeast) else request.fan_in
