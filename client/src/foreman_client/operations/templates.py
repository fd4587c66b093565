"""The run that a schedule starts, from Python arguments to the wire."""

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from foreman_client._arguments import JsonObject, expect, fields, mapping
from foreman_client.config import QueueNames
from foreman_client.operations.task_body import NewTask, new_task_bodies


class Template(TypedDict, total=False):
    """The run that a schedule starts at each of its times: the arguments of `create_run` that are the run's own, with tasks."""

    input_data: Required[Any]
    tasks: Required[Sequence[NewTask]]
    metadata: Mapping[str, Any]
    auto_complete: bool
    result_queue: str


def template_body(queues: QueueNames, template: Template) -> JsonObject:
    """The template as it is sent, its argument types checked; its tasks and events go to `queues` unless told.

    Raises:
        TypeError: it is no mapping, or holds something of the wrong type or not known; the message begins with `template`.
    """
    if not isinstance(template, Mapping):
        raise TypeError(f"template must be a dict, not {type(template).__name__}")
    try:
        return _body(queues, **template)
    except TypeError as error:
        raise TypeError(f"template: {error}") from None


def _body(
    queues: QueueNames,
    *,
    input_data: Any,
    tasks: Sequence[NewTask],
    metadata: Mapping[str, Any] | None = None,
    auto_complete: bool | None = None,
    result_queue: str | None = None,
) -> JsonObject:
    expect(bool, auto_complete=auto_complete)
    expect(str, result_queue=result_queue)
    if not isinstance(tasks, Sequence):
        raise TypeError(f"tasks must be a list, not {type(tasks).__name__}")
    optional = fields(
        metadata=mapping("metadata", metadata),
        auto_complete=auto_complete,
        result_queue=queues.result_queue if result_queue is None else result_queue,
    )
    return {"inputData": input_data, "tasks": new_task_bodies(queues.task_queue, tasks)} | optional
