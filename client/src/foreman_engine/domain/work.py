"""Hints on Foreman's own work queue: something of a run is to be finished, whoever began it, or a schedule is to fire."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

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


@dataclass(frozen=True, slots=True)
class DueFire:
    """A schedule's fire at an instant, in epoch milliseconds: good for that one, and for no other of the schedule."""

    org_id: str
    schedule_id: str
    at: int


AnyWork: TypeAlias = Work | DueFire
_FIRE: Final = "fire"


def encode_work(work: AnyWork) -> str:
    """The message body of a hint."""
    if isinstance(work, DueFire):
        fire = {"kind": _FIRE, "orgId": work.org_id, "scheduleId": work.schedule_id, "at": work.at}
        return json.dumps(fire, separators=(",", ":"))
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


def decode_work(body: str) -> AnyWork:
    """The hint in a message body; unknown fields are ignored.

    Raises:
        ValueError: the body is no such hint.
    """
    fields = json.loads(body)
    if not isinstance(fields, dict):
        raise ValueError("not an object")
    org_id, kind = fields.get("orgId"), str(fields.get("kind"))
    if not (isinstance(org_id, str) and ORG_PATTERN.fullmatch(org_id)):
        raise ValueError("orgId is missing or malformed")
    if kind == _FIRE:
        at = _number(fields, "at")
        if at is None:
            raise ValueError("at is missing")
        return DueFire(org_id, _required_id(fields, "scheduleId"), at)
    return Work(
        org_id,
        _required_id(fields, "runId"),
        _id(fields, "taskId"),
        WorkKind(kind),
        _number(fields, "epoch"),
        _id(fields, "afterId"),
    )


def _number(fields: dict[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is None or type(value) is int:
        return value
    raise ValueError(f"{name} is malformed")


def _required_id(fields: dict[str, Any], name: str) -> str:
    value = _id(fields, name)
    if value is None:
        raise ValueError(f"{name} is missing")
    return value


def _id(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or (isinstance(value, str) and is_uuid(value)):
        return value
    raise ValueError(f"{name} is malformed")
