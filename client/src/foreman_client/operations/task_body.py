"""What the creation of a task carries: alone, in a batch, and with its run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Required, TypeAlias, TypedDict

from foreman_client._arguments import JsonObject, expect, fields, mapping, required
from foreman_client.config import QueueNames
from foreman_client.operations.graph_fields import FanIn, graph_fields
from foreman_contract.enums import Priority
from foreman_contract.tasks import RetryPolicy

PriorityName: TypeAlias = Priority | Literal["high", "normal", "low"]
"""Which tasks of a queue workers start first."""


class NewTask(TypedDict, total=False):
    """One element of `create_tasks`, `enqueue_tasks` and `create_run`: the arguments of `create_task` that are a task's own."""

    type: Required[str]
    input_data: Required[Any]
    ref: str
    depends_on: Sequence[str]
    fan_in: FanIn
    allow_failure: bool
    parent_task_id: str
    metadata: Mapping[str, Any]
    max_retries: int
    retry_policy: RetryPolicy
    timeout_seconds: int
    delay_seconds: float
    available_at: int
    queue: str
    priority: PriorityName


def task_body(queues: QueueNames, *, run_id: str, enqueue: bool = False, **own: Any) -> JsonObject:
    """The body of one task of a run, its argument types checked; an enqueued one goes to the config's queue unless told.

    Raises:
        TypeError: an argument is of the wrong type or not known; an id or the type is None.
    """
    required(str, run_id=run_id)
    expect(bool, enqueue=enqueue)
    queue = queues.task_queue if enqueue else None
    return {"runId": run_id} | new_task_body(queue, **own) | fields(enqueue=enqueue or None)


def new_task_body(
    default_queue: str | None,
    *,
    type: str,  # noqa: A002 - the word of the wire
    input_data: Any,
    parent_task_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    max_retries: int | None = None,
    retry_policy: RetryPolicy | None = None,
    timeout_seconds: int | None = None,
    delay_seconds: float | None = None,
    available_at: int | None = None,
    queue: str | None = None,
    priority: PriorityName | None = None,
    **graph: Any,
) -> JsonObject:
    """The body of one task, but for its run.

    Raises:
        TypeError: an argument is of the wrong type or not known; the type is None.
    """
    required(str, type=type)
    expect(str, parent_task_id=parent_task_id, queue=queue, priority=priority)
    expect(int, max_retries=max_retries, timeout_seconds=timeout_seconds, available_at=available_at)
    expect((int, float), delay_seconds=delay_seconds)
    expect(RetryPolicy, retry_policy=retry_policy)
    optional = fields(
        parent_task_id=parent_task_id,
        metadata=mapping("metadata", metadata),
        max_retries=max_retries,
        retry_policy=retry_policy.to_wire() if retry_policy is not None else None,
        timeout_seconds=timeout_seconds,
        delay_seconds=delay_seconds,
        available_at=available_at,
        queue=default_queue if queue is None else queue,
        priority=None if priority is None else str(priority),
    )
    return {"type": type, "inputData": input_data} | optional | graph_fields(**graph)


def new_task_bodies(default_queue: str | None, tasks: Sequence[NewTask]) -> list[JsonObject]:
    """The bodies of the tasks of a run that is created with them.

    Raises:
        TypeError: an argument is of the wrong type or not known; the message names the task.
    """

    def body(own: Mapping[str, Any]) -> JsonObject:
        return new_task_body(default_queue, **own)

    return [element_body(at, task, body) for at, task in enumerate(tasks)]


def element_body(at: int, task: NewTask, body: Callable[[Mapping[str, Any]], JsonObject]) -> JsonObject:
    """`body(task)`, with the place of the task in what it raises.

    Raises:
        TypeError: the task is no mapping, or an argument is of the wrong type or not known.
    """
    if not isinstance(task, Mapping):
        raise TypeError(f"tasks[{at}] must be a dict, not {type(task).__name__}")
    try:
        return body(task)
    except TypeError as error:
        raise TypeError(f"tasks[{at}]: {error}") from None
