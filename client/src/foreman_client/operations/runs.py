"""Operations on runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from foreman_client._arguments import expect, fields, mapping, params, payloads, segment
from foreman_client._request import changing, commanding, creating, reading
from foreman_client._steps import Scope, Steps, exchange, exchange_once
from foreman_client._unset import UNSET
from foreman_client.operations.task_body import NewTask, new_task_bodies
from foreman_client.result import Result
from foreman_contract.enums import RunStatus
from foreman_contract.pages import RunSort, SortOrder
from foreman_contract.runs import Run, RunPage


def create_run(
    scope: Scope,
    *,
    input_data: Any,
    metadata: Mapping[str, Any] | None = None,
    auto_complete: bool | None = None,
    result_queue: str | None = None,
    tasks: Sequence[NewTask] | None = None,
    idempotency_key: str | None = None,
) -> Steps[Result[Run]]:
    """Create a run, once: retries carry one idempotency key (`idempotency_key`, or a fresh one).

    `input_data` is any JSON value up to 1 MB, null included. With `auto_complete` the run ends by itself when all its
    tasks have. Its events go to `result_queue`, by default the config's.

    With `tasks` (1-90) the run and all of them are created or nothing. They may depend on each other by `ref`, and
    `task_ids` of the answer has the id of each ref; those that depend on nothing are on their queues at once, by default
    the config's; `auto_complete` is then on unless it is False.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    expect(bool, auto_complete=auto_complete)
    expect(str, result_queue=result_queue)
    body = payloads(input_data=input_data) | fields(
        metadata=mapping("metadata", metadata),
        auto_complete=auto_complete,
        result_queue=scope.queues.result_queue if result_queue is None else result_queue,
        tasks=None if tasks is None else new_task_bodies(scope.queues.task_queue, tasks),
    )
    return exchange(scope, creating("/api/v1/runs", body, Run, idempotency_key))


def get_run(scope: Scope, run_id: str) -> Steps[Result[Run]]:
    """The run as it is now (strongly consistent).

    Raises:
        TypeError, ValueError: `run_id` is no str, or empty.
    """
    return exchange(scope, reading(f"/api/v1/runs/{segment('run_id', run_id)}", Run))


def update_run(
    scope: Scope,
    run_id: str,
    *,
    status: RunStatus | str | None = None,
    output_data: Any = UNSET,
    error_data: Any = UNSET,
    metadata: Mapping[str, Any] | None = None,
) -> Steps[Result[Run]]:
    """Change what is given and answer the run; a run that has ended accepts only its own status again.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    expect(str, status=status)
    body = fields(status=status, metadata=mapping("metadata", metadata)) | payloads(
        output_data=output_data, error_data=error_data
    )
    return exchange(scope, changing("PATCH", f"/api/v1/runs/{segment('run_id', run_id)}", body, Run))


def cancel_run(scope: Scope, run_id: str) -> Steps[Result[Run]]:
    """Cancel the run and answer it: from then on nothing of it starts, and no report of it counts.

    Its open tasks are marked within two minutes, those of a small run before the answer; running handlers learn of it by
    `ctx.cancelled` at their next heartbeat. Cancelling again changes nothing; a run that ended otherwise is a conflict.

    Raises:
        TypeError, ValueError: `run_id` is no str, or empty.
    """
    return exchange(scope, commanding(f"/api/v1/runs/{segment('run_id', run_id)}/cancel", Run))


def retry_run(scope: Scope, run_id: str) -> Steps[Result[Run]]:
    """Run the failed and cancelled tasks of an ended run again and answer the run; completed tasks keep their output.

    They are put back within two minutes, those of a small run before the answer. Unless the run and all its tasks have
    ended it is a conflict. Sent once: after a failure without an answer look at the run, it may be `running` again.

    Raises:
        TypeError, ValueError: `run_id` is no str, or empty.
    """
    return exchange_once(scope, commanding(f"/api/v1/runs/{segment('run_id', run_id)}/retry", Run))


def list_runs(
    scope: Scope,
    *,
    status: RunStatus | str | None = None,
    limit: int | None = None,
    offset: int | None = None,
    cursor: str | None = None,
    sort_by: RunSort | None = None,
    sort_order: SortOrder | None = None,
    total: bool | None = None,
) -> Steps[Result[RunPage]]:
    """One page of the organization's runs, newest first; `pagination.next_cursor` leads to the next.

    `limit` is 1-100 (default 20). By `sort_by="started_at"` or `"completed_at"` runs without that time are left out; with
    `status` such a page may be short, even empty, and be followed by another. Pass `total=False` to spare the count.

    Raises:
        TypeError: an argument is of the wrong type.
    """
    expect(str, status=status, cursor=cursor, sort_by=sort_by, sort_order=sort_order)
    expect(int, limit=limit, offset=offset)
    expect(bool, total=total)
    query = params(
        status=status,
        limit=limit,
        offset=offset,
        cursor=cursor,
        sort_by=sort_by,
        sort_order=sort_order,
        total=total,
    )
    return exchange(scope, reading("/api/v1/runs", RunPage, query))
