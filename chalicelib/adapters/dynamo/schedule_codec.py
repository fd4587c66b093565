"""A schedule as an item, and its template: beside the state when small, else in items of its own.

A template is written once, in the transaction that makes a schedule refer to it, under a name that no other has. So it is there
as long as its schedule refers to it, and nothing is left behind by whoever dies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.adapters.dynamo import schedule_keys as keys
from chalicelib.adapters.dynamo.attributes import Item, Value, blob
from chalicelib.adapters.dynamo.codec import (
    decode,
    encode,
    enum_field,
    flag_field,
    int_field,
    text_field,
    uuid_field,
)
from chalicelib.adapters.dynamo.keys import due_entry
from chalicelib.adapters.dynamo.packing import pack, unpack
from chalicelib.adapters.dynamo.payload_names import fresh_name
from chalicelib.adapters.dynamo.payloads import MAX_ITEM_BYTES, read_attribute
from chalicelib.adapters.dynamo.writes import MARK
from foreman_contract.enums import CatchUp, Overlap
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.schedules import ScheduleState

REV: Final = "v"
_INLINE_BYTES: Final = 1024
_TEMPLATE: Final = "te"
_PART: Final = "b"
_FIELDS: Final = (
    text_field("name", "n"),
    text_field("cron", "cr"),
    int_field("every_s", "es"),
    text_field("time_zone", "tz", absent="UTC"),
    enum_field("overlap", "ov", Overlap, absent=Overlap.SKIP),
    enum_field("catch_up", "cu", CatchUp, absent=CatchUp.ONCE),
    flag_field("paused", "pa"),
    int_field("next_fire_at", "nf"),
    int_field("last_fire_at", "lf"),
    uuid_field("last_run_id", "lr"),
    int_field("created_at", "ca"),
    int_field("updated_at", "ua"),
    int_field("rev", REV),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A schedule's item, the parts of a new template, and the state that knows where its template lies."""

    item: Item
    parts: Sequence[Item]
    state: ScheduleState


def write_schedule(schedule: ScheduleState, mark: Value, now_ms: int) -> Written:
    """What is to be written of a schedule. `now_ms` goes into the name of a template that is new and large."""
    placed, parts = schedule, list[Item]()
    inline: Value | None = None
    if schedule.template.ref is None:
        body = pack(schedule.template.text or "null")
        if len(body) <= _INLINE_BYTES:
            inline = blob(body)
        else:
            name = fresh_name(now_ms)
            parts = _parts(schedule, name, body)
            placed = replace(schedule, template=replace(schedule.template, ref=name))
    item = {
        **keys.schedule(schedule.org_id, schedule.id),
        **encode(_FIELDS, schedule),
        _TEMPLATE: inline or {"S": placed.template.ref or ""},
        MARK: mark,
    }
    if not schedule.paused:
        item |= due_entry(schedule.next_fire_at, schedule.id)
    return Written(item, parts, placed)


def _parts(schedule: ScheduleState, name: str, body: bytes) -> list[Item]:
    cuts = range(0, len(body), MAX_ITEM_BYTES)
    return [
        {
            **keys.template_part(schedule.org_id, schedule.id, name, number),
            _PART: blob(body[cut : cut + MAX_ITEM_BYTES]),
        }
        for number, cut in enumerate(cuts)
    ]


def read_schedule(org_id: str, item: Item) -> ScheduleState:
    """The schedule in an item; a template in items of its own is unloaded."""
    template = read_attribute(item[_TEMPLATE])
    return ScheduleState(
        id=keys.schedule_id(item),
        org_id=org_id,
        template=template or Payload("null"),
        **decode(_FIELDS, item),
    )


def join(parts: Sequence[Item]) -> str:
    """The text of a template, from all its parts in order."""
    return unpack(b"".join(bytes(part[_PART]["B"]) for part in parts))
