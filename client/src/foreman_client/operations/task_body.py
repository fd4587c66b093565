"""What the creation of a task carries, alone and in a batch."""

from collections.abc import Mapping
from typing import Any, Required, TypedDict

from foreman_client._arguments import JsonObject, expect, fields, mapping
from foreman_client.config import QueueNames
from foreman_contract.tasks import RetryPolicy


class NewTask(TypedDict, total=False):
    """One element of `create_tasks` and `enqueue_tasks`: the arguments of `create_task` that are a task's own."""

    type: Required[str]
    input_data: Required[Any]
    parent_task_id: str
    metadata: Mapping[str, Any]
    max_retries: int
    retry_policy: RetryPolicy
    timeout_seconds: int
    queue: str


def task_body(
    queues: QueueNames,
    *,
    run_id: str,
    type: str,  # noqa: A002 - the word of the wire
    input_data: Any,
    parent_task_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    max_retries: int | None = None,
    retry_policy: RetryPolicy | None = None,
    timeout_seconds: int | None = None,
    enqueue: bool = False,
    queue: str | None = None,
) -> JsonObject:
    """The body of one task, its argument types checked; an enqueued one goes to the config's queue unless told.

    Raises:
        TypeError: an argument is of the wrong type; an id or the type is None.
    """
    if run_id is None or type is None:
        raise TypeError("run_id and type must be str, not NoneType")
    expect(str, run_id=run_id, type=type, parent_task_id=parent_task_id, queue=queue)
    expect(int, max_retries=max_retries, timeout_seconds=timeout_seconds)
    expect(RetryPolicy, retry_policy=retry_policy)
    expect(bool, enqueue=enqueue)
    optional = fields(
        parent_task_id=parent_task_id,
        metadata=mapping("metadata", metadata),
        max_retries=max_retries,
        retry_policy=retry_policy.to_wire() if retry_policy is not None else None,
        timeout_seconds=timeout_seconds,
        enqueue=enqueue or None,
        queue=queues.task_queue if enqueue and queue is None else queue,
    )
    return {"runId": run_id, "type": type, "inputData": input_data} | optional
