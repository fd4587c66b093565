"""Operations that create many tasks."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foreman_client._arguments import JsonObject
from foreman_client._batches import batches
from foreman_client._json import encode, escaped_size
from foreman_client._request import creating
from foreman_client._request import idempotency_key as checked_key
from foreman_client._steps import Scope, Steps, exchange
from foreman_client.operations.task_body import NewTask, task_body
from foreman_client.result import Failure, Result, Success
from foreman_contract import limits
from foreman_contract.tasks import Task, TaskList

_ROOM_FOR_TASKS: Final = limits.MAX_BODY_BYTES - limits.KIB


def create_tasks(
    scope: Scope,
    *,
    run_id: str,
    tasks: Sequence[NewTask],
    enqueue: bool = False,
    idempotency_key: str | None = None,
) -> Steps[Result[list[Task]]]:
    """Record tasks of one run; the answer is in the order of `tasks`.

    A list of at most 90 tasks within 4 MB is created all or nothing. A longer one is created in several such calls, in
    order; when one of them fails, the tasks before it exist, and the same call with the same `idempotency_key` goes on
    where it stopped.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    key = checked_key(idempotency_key)
    bodies = [_body(scope, index, task, run_id, enqueue) for index, task in enumerate(tasks)]
    sized = [(body, escaped_size(encode(body)) + 1) for body in bodies]
    parts = [
        [body for body, _ in part]
        for part in batches(sized, limits.MAX_TASKS_PER_CALL, lambda each: each[1], _ROOM_FOR_TASKS)
    ]
    return _create_parts(scope, parts, key)


def enqueue_tasks(
    scope: Scope, *, run_id: str, tasks: Sequence[NewTask], idempotency_key: str | None = None
) -> Steps[Result[list[Task]]]:
    """Record tasks of one run and put their messages on the task queue; otherwise as `create_tasks`.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON.
    """
    return create_tasks(scope, run_id=run_id, tasks=tasks, enqueue=True, idempotency_key=idempotency_key)


def _body(scope: Scope, index: int, task: NewTask, run_id: str, enqueue: bool) -> JsonObject:
    if not isinstance(task, Mapping):
        raise TypeError(f"tasks[{index}] must be a dict, not {type(task).__name__}")
    arguments: dict[str, Any] = {"enqueue": enqueue, **task, "run_id": run_id}
    try:
        return task_body(scope.queues, **arguments)
    except TypeError as error:
        raise TypeError(f"tasks[{index}]: {error}") from None


def _create_parts(scope: Scope, parts: list[list[JsonObject]], key: str) -> Steps[Result[list[Task]]]:
    created: list[Task] = []
    for number, part in enumerate(parts):
        part_key = key if len(parts) == 1 else _part_key(key, number)
        request = creating("/api/v1/tasks/batch", {"tasks": part}, TaskList, part_key)
        result = yield from exchange(scope, request)
        if not result.success:
            if created:
                result.error.add_note(
                    f"the first {len(created)} of {sum(map(len, parts))} tasks were created"
                )
            return Failure(result.error)
        created += result.data.data
    return Success(created)


def _part_key(key: str, number: int) -> str:
    """The same for the same call repeated, another for every part, never too long."""
    return hashlib.sha256(f"{key}/{number}".encode()).hexdigest()
