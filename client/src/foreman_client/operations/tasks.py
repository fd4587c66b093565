"""Operations on one task, and on the tasks of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from foreman_client._arguments import expect, fields, mapping, params, payloads, segment
from foreman_client._request import Request, changing, commanding, creating, reading
from foreman_client._steps import Scope, Steps, exchange, exchange_once
from foreman_client._unset import UNSET
from foreman_client.operations.graph_fields import FanIn
from foreman_client.operations.task_body import PriorityName, task_body
from foreman_client.result import Result
from foreman_contract.enums import TaskStatus
from foreman_contract.pages import SortOrder, TaskSort
from foreman_contract.tasks import Dependencies, Dependency, RetryPolicy, Task, TaskPage


def create_task(
    scope: Scope,
    *,
    run_id: str,
    type: str,  # noqa: A002 - the word of the wire
    input_data: Any,
    parent_task_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    max_retries: int | None = None,
    retry_policy: RetryPolicy | None = None,
    timeout_seconds: int | None = None,
    delay_seconds: float | None = None,
    available_at: int | None = None,
    enqueue: bool = False,
    queue: str | None = None,
    priority: PriorityName | None = None,
    ref: str | None = None,
    depends_on: Sequence[str] | None = None,
    fan_in: FanIn | None = None,
    allow_failure: bool = False,
    idempotency_key: str | None = None,
) -> Steps[Result[Task]]:
    """Record a task, once; no message is sent unless `enqueue`: its caller runs it and reports by `update_task`.

    `max_retries` is 0-10 (default 3), `timeout_seconds` bounds one attempt. A message goes to `queue`, by default the
    config's task queue; workers start tasks of `priority` "high" first and of "low" last (default "normal").

    It does not start before `delay_seconds` (0-31,536,000) have gone by, or before `available_at` (epoch milliseconds): one of them.

    `depends_on` holds ids of tasks of the run: the task waits until `fan_in` of them have completed ("all", the default,
    "any", or a number), and is cancelled when that can never be. Those with `allow_failure` may fail as well. `ref` names
    a task in a list of `create_tasks`; it is of no use here.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    body = task_body(
        scope.queues,
        run_id=run_id,
        type=type,
        input_data=input_data,
        parent_task_id=parent_task_id,
        metadata=metadata,
        max_retries=max_retries,
        retry_policy=retry_policy,
        timeout_seconds=timeout_seconds,
        delay_seconds=delay_seconds,
        available_at=available_at,
        enqueue=enqueue,
        queue=queue,
        priority=priority,
        ref=ref,
        depends_on=depends_on,
        fan_in=fan_in,
        allow_failure=allow_failure,
    )
    return exchange(scope, creating("/api/v1/tasks", body, Task, idempotency_key))


def enqueue_task(
    scope: Scope,
    *,
    run_id: str,
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
    ref: str | None = None,
    depends_on: Sequence[str] | None = None,
    fan_in: FanIn | None = None,
    allow_failure: bool = False,
    idempotency_key: str | None = None,
) -> Steps[Result[Task]]:
    """Record a task, once, and put its message on the task queue (`queue`, by default the config's) for a worker.

    Arguments as for `create_task`.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    return create_task(
        scope,
        run_id=run_id,
        type=type,
        input_data=input_data,
        parent_task_id=parent_task_id,
        metadata=metadata,
        max_retries=max_retries,
        retry_policy=retry_policy,
        timeout_seconds=timeout_seconds,
        delay_seconds=delay_seconds,
        available_at=available_at,
        enqueue=True,
        queue=queue,
        priority=priority,
        ref=ref,
        depends_on=depends_on,
        fan_in=fan_in,
        allow_failure=allow_failure,
        idempotency_key=idempotency_key,
    )


def get_task(scope: Scope, task_id: str) -> Steps[Result[Task]]:
    """The task as it is now (strongly consistent).

    Raises:
        TypeError, ValueError: `task_id` is no str, or empty.
    """
    return exchange(scope, reading(f"/api/v1/tasks/{segment('task_id', task_id)}", Task))


def get_dependencies(scope: Scope, task_id: str) -> Steps[Result[list[Dependency]]]:
    """What the task depends on, in the order of `depends_on`, as it is now (strongly consistent), with the outputs.

    All outputs come in one answer of at most 4 MB; one for which there was no room is `output_data_omitted`: get that
    task by its id.

    Raises:
        TypeError, ValueError: `task_id` is no str, or empty.
    """
    path = f"/api/v1/tasks/{segment('task_id', task_id)}/dependencies"
    return exchange(scope, Request("GET", path, lambda answer: Dependencies.model_validate(answer).data))


def update_task(
    scope: Scope,
    task_id: str,
    *,
    status: TaskStatus | str | None = None,
    output_data: Any = UNSET,
    error_data: Any = UNSET,
    metadata: Mapping[str, Any] | None = None,
    queue_job_id: str | None = None,
    progress: Any = UNSET,
    attempt: int | None = None,
) -> Steps[Result[Task]]:
    """Record what the caller did with the task outside of any worker, and answer the task.

    With `attempt`, a change from an older attempt is refused (409). An end has all the effects of a worker's report.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    expect(str, status=status, queue_job_id=queue_job_id)
    expect(int, attempt=attempt)
    body = fields(
        status=status, metadata=mapping("metadata", metadata), queue_job_id=queue_job_id, attempt=attempt
    ) | payloads(output_data=output_data, error_data=error_data, progress=progress)
    return exchange(scope, changing("PATCH", f"/api/v1/tasks/{segment('task_id', task_id)}", body, Task))


def cancel_task(scope: Scope, task_id: str) -> Steps[Result[Task]]:
    """Cancel the task and answer it; a running handler learns of it by `ctx.cancelled` at its next heartbeat.

    What that handler returns is not recorded. Cancelling again changes nothing; a task that ended otherwise is a conflict.

    Raises:
        TypeError, ValueError: `task_id` is no str, or empty.
    """
    return exchange(scope, commanding(f"/api/v1/tasks/{segment('task_id', task_id)}/cancel", Task))


def retry_task(scope: Scope, task_id: str) -> Steps[Result[Task]]:
    """Run an ended task again and answer it: its outcome and retries are forgotten, its attempt number goes on.

    Unless the task has ended and its run is open it is a conflict. Sent once: after a failure without an answer look at
    the task, it may be `queued` again.

    Raises:
        TypeError, ValueError: `task_id` is no str, or empty.
    """
    return exchange_once(scope, commanding(f"/api/v1/tasks/{segment('task_id', task_id)}/retry", Task))


def list_tasks(
    scope: Scope,
    *,
    run_id: str | None = None,
    status: TaskStatus | str | None = None,
    type: str | None = None,  # noqa: A002 - the word of the wire
    parent_task_id: str | None = None,
    limit: int | None = None,
    offset: int | None = None,
    cursor: str | None = None,
    sort_by: TaskSort | None = None,
    sort_order: SortOrder | None = None,
    total: bool | None = None,
) -> Steps[Result[TaskPage]]:
    """One page of tasks, newest first, of one run when `run_id` is given; `pagination.next_cursor` leads to the next.

    `limit` is 1-100 (default 20). Filters restrict each other; with `type`, or a `status` that no index has, a page may be
    short, even empty, and be followed by another. `sort_by="started_at"` and `"completed_at"` need `run_id`, and a run of at
    most 10,000 tasks; tasks without that time are left out. Pass `total=False` to spare the count.

    Raises:
        TypeError: an argument is of the wrong type.
    """
    expect(str, run_id=run_id, status=status, type=type, parent_task_id=parent_task_id)
    expect(str, cursor=cursor, sort_by=sort_by, sort_order=sort_order)
    expect(int, limit=limit, offset=offset)
    expect(bool, total=total)
    query = params(
        run_id=run_id,
        status=status,
        type=type,
        parent_task_id=parent_task_id,
        limit=limit,
        offset=offset,
        cursor=cursor,
        sort_by=sort_by,
        sort_order=sort_order,
        total=total,
    )
    return exchange(scope, reading("/api/v1/tasks", TaskPage, query))
