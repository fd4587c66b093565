"""Operations that create many tasks."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from foreman_client._arguments import JsonObject
from foreman_client._request import creating
from foreman_client._request import idempotency_key as checked_key
from foreman_client._steps import Scope, Steps, exchange
from foreman_client.operations.task_body import NewTask, element_body, task_body
from foreman_client.operations.task_parts import parts_of
from foreman_client.result import Failure, Result, Success
from foreman_contract.tasks import Task, TaskList


def create_tasks(
    scope: Scope,
    *,
    run_id: str,
    tasks: Sequence[NewTask],
    enqueue: bool = False,
    idempotency_key: str | None = None,
) -> Steps[Result[list[Task]]]:
    """Record tasks of one run; the answer is in the order of `tasks`, which may depend on each other by `ref`.

    A list of at most 90 tasks within 4 MB (and at most 95 with their dependencies outside the list) is created all or
    nothing. A longer one is created in several such calls, a task after those it depends on; when one of them fails, the
    tasks before it exist, and the same call with the same `idempotency_key` goes on where it stopped.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or not JSON, or a longer list has refs or dependencies that
            cannot be: nothing was sent.
    """
    key = checked_key(idempotency_key)
    bodies = [_body(scope, at, task, run_id, enqueue) for at, task in enumerate(tasks)]
    return _create_parts(scope, bodies, parts_of(bodies), key)


def enqueue_tasks(
    scope: Scope, *, run_id: str, tasks: Sequence[NewTask], idempotency_key: str | None = None
) -> Steps[Result[list[Task]]]:
    """Record tasks of one run and put their messages on the task queue; otherwise as `create_tasks`.

    The message of a task that depends on others is sent when they let it go on.

    Raises:
        TypeError, ValueError: as `create_tasks`.
    """
    return create_tasks(scope, run_id=run_id, tasks=tasks, enqueue=True, idempotency_key=idempotency_key)


def _body(scope: Scope, at: int, task: NewTask, run_id: str, enqueue: bool) -> JsonObject:
    def body(own: Mapping[str, Any]) -> JsonObject:
        return task_body(scope.queues, run_id=run_id, **{"enqueue": enqueue, **own})

    return element_body(at, task, body)


def _create_parts(
    scope: Scope, bodies: Sequence[JsonObject], parts: Sequence[Sequence[int]], key: str
) -> Steps[Result[list[Task]]]:
    created: dict[int, Task] = {}
    ids: dict[str, str] = {}
    for number, places in enumerate(parts):
        part_key = key if len(parts) == 1 else _part_key(key, number)
        part = [_with_ids(bodies[at], ids) for at in places]
        request = creating("/api/v1/tasks/batch", {"tasks": part}, TaskList, part_key)
        result = yield from exchange(scope, request)
        if not result.success:
            if created:
                result.error.add_note(_how_far(sorted(created), len(bodies)))
            return Failure(result.error)
        made = dict(zip(places, result.data.data, strict=False))
        created |= made
        ids |= {bodies[at]["ref"]: task.id for at, task in made.items() if "ref" in bodies[at]}
    return Success([created[at] for at in sorted(created)])


def _with_ids(body: JsonObject, ids: Mapping[str, str]) -> JsonObject:
    """The body with the ids of tasks that exist in place of their refs."""
    if "dependsOn" not in body:
        return body
    return body | {"dependsOn": [ids.get(name, name) for name in body["dependsOn"]]}


def _how_far(places: Sequence[int], count: int) -> str:
    """How many tasks exist; whether they are the first of the list depends on what depended on what."""
    first = "the first " if places[-1] == len(places) - 1 else ""
    return f"{first}{len(places)} of {count} tasks were created"


def _part_key(key: str, number: int) -> str:
    """The same for the same call repeated, another for every part, never too long."""
    return hashlib.sha256(f"{key}/{number}".encode()).hexdigest()
