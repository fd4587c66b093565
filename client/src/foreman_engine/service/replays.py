"""Tasks that an earlier request with the same idempotency key made: as they are now, within one answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from foreman_contract import limits
from foreman_contract.tasks import Task
from foreman_engine.domain.payload import Payload, escaped_bytes
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.ports import Ports
from foreman_engine.service.views import answer_bytes, task_view

_GROWN: Final = ("output_data", "error_data")
"""Payloads that a task has got since: no body that could be taken bounds them together."""


def replayed_tasks(ports: Ports, org_id: str, task_ids: Sequence[str]) -> list[Task]:
    """The tasks in this order. Inputs came in one body, and are whole.

    Outputs and errors for which an answer of 4 MB has no room are left out and marked.
    """
    found = ports.tasks.get(org_id, task_ids)
    tasks = [found[task_id] for task_id in task_ids]
    given = ports.tasks.load([replace(task, output_data=None, error_data=None) for task in tasks])
    room = limits.MAX_ANSWER_BYTES - sum(map(answer_bytes, given))
    rows = []
    for now, before in zip(tasks, given, strict=True):
        # One by one, because the outputs of ninety tasks are more than a function's memory.
        grown = replace(before, output_data=now.output_data, error_data=now.error_data)
        row, room = _fitted(ports.tasks.load([grown])[0], room)
        rows.append(row)
    return rows


def _fitted(task: TaskState, room: int) -> tuple[Task, int]:
    """The task with what has room of its payloads, and the room that is left."""
    left_out: dict[str, Any] = {}
    for name in _GROWN:
        kept: Payload | None = getattr(task, name)
        size = 0 if kept is None else escaped_bytes(kept.text or "")
        if 0 < size <= room:
            room -= size
        elif size:
            left_out[name] = None
    row = task_view(replace(task, **left_out))
    return row.model_copy(update={f"{name}_omitted": True for name in left_out}), room
