"""A task as an item. Its state with small payloads stays under a kilobyte: every claim and report pays for it."""

import json
from typing import Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, Value, number, text
from chalicelib.adapters.dynamo.codec import (
    Field,
    enum_field,
    flag_field,
    int_field,
    text_field,
    uuid_field,
    uuids_field,
)
from chalicelib.adapters.dynamo.difference import REV, room_bytes
from chalicelib.adapters.dynamo.index_keys import STATUS, task_entries
from chalicelib.adapters.dynamo.payloads import Placed, place
from chalicelib.adapters.dynamo.shape import Shape
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.writes import MARK
from foreman_contract.enums import Priority, TaskStatus
from foreman_engine.domain.retry import RetryPolicy
from foreman_engine.domain.tasks import FanIn, TaskState

HAS_DEPENDANTS: Final = "hd"
_ATTEMPT_BYTES: Final = 160
"""What a first claim adds to the state: worker, claim, lease and instants."""


def _encode_policy(policy: RetryPolicy) -> Value:
    return text(json.dumps([policy.initial_s, policy.factor, policy.max_s]))


def _decode_policy(value: Value) -> RetryPolicy:
    return RetryPolicy(*json.loads(value["S"]))


def _encode_fan_in(fan_in: FanIn) -> Value:
    return number(fan_in) if isinstance(fan_in, int) else text(fan_in)


def _decode_fan_in(value: Value) -> FanIn:
    if "N" in value:
        return int(value["N"])
    return "any" if value["S"] == "any" else "all"


def _entries(task: TaskState) -> Item:
    due = keys.due_entry(task.due_at, task.id) if task.due_at is not None else {}
    return {**task_entries(task), **due}


SHAPE: Final = Shape(
    fields=(
        uuid_field("run_id", "ru"),
        uuid_field("parent_task_id", "pa"),
        uuids_field("depends_on", "do"),
        Field("fan_in", "fi", _encode_fan_in, _decode_fan_in),
        flag_field("allow_failure", "af"),
        flag_field("has_dependants", HAS_DEPENDANTS),
        uuid_field("cause_id", "cs"),
        text_field("type", "ty"),
        enum_field("status", STATUS, TaskStatus),
        int_field("created_at", "ca"),
        int_field("updated_at", "ua"),
        flag_field("enqueue", "en"),
        text_field("queue", "qu", absent="foreman:tasks"),
        enum_field("priority", "pr", Priority, absent=Priority.NORMAL),
        int_field("retry_count", "rc", absent=0),
        int_field("max_retries", "mr", absent=3),
        Field("retry_policy", "rp", _encode_policy, _decode_policy),
        int_field("timeout_s", "to"),
        int_field("available_at", "av"),
        int_field("queued_at", "qa"),
        int_field("started_at", "sa"),
        int_field("completed_at", "co"),
        int_field("duration_ms", "du"),
        text_field("queue_job_id", "qj"),
        int_field("attempt", "at", absent=0),
        text_field("worker_id", "wi"),
        text_field("claim_id", "ci"),
        int_field("lease_until", "lu"),
        int_field("lease_ms", "lm"),
        int_field("attempt_started_at", "as"),
        int_field("reported_attempt", "ra"),
        flag_field("hinted", "hi"),
        int_field("notified_at", "no"),
        int_field("due_at", "da"),
        int_field("epoch", "ep", absent=0),
        int_field("dead_letters", "dl", absent=0),
        text_field("traceparent", "tp"),
    ),
    payloads={
        "input_data": "i",
        "output_data": "o",
        "error_data": "e",
        "metadata": "m",
        "progress": "g",
    },
    index=_entries,
)


def new_task(task: TaskState, mark: Value, shelf: Shelf) -> tuple[Item, Placed]:
    """The item of a new task, and the payloads to write before it."""
    plain = SHAPE.encode(task)
    payloads = SHAPE.payloads_of(task)
    where = keys.task_place(task.org_id, task.id)
    placed = place(where, SHAPE.payloads, payloads, room_bytes(plain, _ATTEMPT_BYTES), shelf)
    item = {
        **keys.task(task.org_id, task.id),
        **plain,
        **placed.attributes,
        REV: number(task.rev),
        MARK: mark,
    }
    return item, placed


def read_task(org_id: str, item: Item) -> TaskState:
    """The task in an item; payloads outside are unloaded."""
    return TaskState(id=keys.task_id(item), org_id=org_id, rev=int(item[REV]["N"]), **SHAPE.read(item))
