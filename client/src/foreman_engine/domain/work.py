"""Hints on Foreman's own work queue: something of a run is to be finished, whoever began it."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from foreman_contract.fields import is_uuid
from foreman_engine.domain.keys import ORG_PATTERN


class WorkKind(StrEnum):
    """What is to be finished."""

    SETTLE = "settle"
    """Give the ends of a run, and of one task of it if named, every effect they have."""
    CANCEL = "cancel"
    """Walk a cancelled run and cancel what is open in it."""
    RETRY = "retry"
    """Walk a retried run and put back what failed or was cancelled."""
    RELEASE = "release"
    """Go on with the tasks that depend on one that has ended, behind `after_id`."""


@dataclass(frozen=True, slots=True)
class Work:
    """One hint. A walk goes on behind `after_id`, and only while the run is still at `epoch`."""

    org_id: str
    run_id: str
    task_id: str | None = None
    kind: WorkKind = WorkKind.SETTLE
    epoch: int | None = None
    after_id: str | None = None


def encode_work(work: Work) -> str:
    """The message body of a hint."""
    fields = {
        "kind": work.kind.value,
        "orgId": work.org_id,
        "runId": work.run_id,
        "taskId": work.task_id,
        "epoch": work.epoch,
        "afterId": work.after_id,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(given, separators=(",", ":"))


def decode_work(body: str) -> Work:
    """The hint in a message body; unknown fields are ignored.

    Raises:
        ValueError: the body is no such hint.
    """
    fields = json.loads(body)
    if not isinstance(fields, dict):
        raise ValueError("not an object")
    org_id, epoch = fields.get("orgId"), fields.get("epoch")
    if not (isinstance(org_id, str) and ORG_PATTERN.fullmatch(org_id)):
        raise ValueError("orgId is missing or malformed")
    if not (epoch is None or type(epoch) is int):
        raise ValueError("epoch is malformed")
    run_id = _id(fields, "runId")
    if run_id is None:
        raise ValueError("runId is missing")
    return Work(
        org_id,
        run_id,
        _id(fields, "taskId"),
        WorkKind(str(fields.get("kind"))),
        epoch,
        _id(fields, "afterId"),
    )


def _id(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or (isinstance(value, str) and is_uuid(value)):
        return value
    raise ValueError(f"{name} is malformed")
