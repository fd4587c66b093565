"""A run as an item."""

from typing import Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, Value, number
from chalicelib.adapters.dynamo.codec import (
    enum_field,
    flag_field,
    int_field,
    text_field,
    uuid_field,
)
from chalicelib.adapters.dynamo.difference import REV, room_bytes
from chalicelib.adapters.dynamo.index_keys import STATUS, run_entries
from chalicelib.adapters.dynamo.payloads import Placed, place
from chalicelib.adapters.dynamo.shape import Shape
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.writes import MARK
from foreman_contract.enums import RunStatus
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Counts

ID: Final = "id"
EPOCH: Final = "ep"
TOTAL: Final = "tt"
"""Counted up by task creation and never set, so it is no field of the shape."""
COUNTERS: Final = {"completed": "c", "failed": "f", "cancelled": "x", "tolerated": "t"}

SHAPE: Final = Shape(
    fields=(
        uuid_field("id", ID),
        enum_field("status", STATUS, RunStatus),
        int_field("created_at", "ca"),
        int_field("updated_at", "ua"),
        flag_field("auto_complete", "ac"),
        text_field("result_queue", "rq"),
        int_field("started_at", "sa"),
        int_field("completed_at", "co"),
        int_field("duration_ms", "du"),
        int_field("notified_at", "na"),
        int_field("epoch", EPOCH, absent=0),
        flag_field("hold", "ho"),
    ),
    payloads={"input_data": "i", "output_data": "o", "error_data": "e", "metadata": "m"},
    index=run_entries,
)


def new_run(run: RunState, mark: Value, shelf: Shelf) -> tuple[Item, Placed]:
    """The item of a new run, and the payloads to write before it."""
    plain = SHAPE.encode(run)
    payloads = SHAPE.payloads_of(run)
    where = keys.run_place(run.org_id, run.id)
    placed = place(where, SHAPE.payloads, payloads, room_bytes(plain), shelf)
    item = {
        **keys.run(run.org_id, run.id),
        **plain,
        **placed.attributes,
        TOTAL: number(run.total_tasks),
        REV: number(run.rev),
        MARK: mark,
    }
    return item, placed


def read_run(org_id: str, item: Item) -> RunState:
    """The run in an item, without counts; payloads outside are unloaded."""
    return RunState(
        org_id=org_id, total_tasks=int(item[TOTAL]["N"]), rev=int(item[REV]["N"]), **SHAPE.read(item)
    )


def read_counts(counters: list[Item]) -> Counts:
    """The sum of counter items."""
    total = Counts()
    for item in counters:
        total += Counts(**{name: int(item[attr]["N"]) for name, attr in COUNTERS.items() if attr in item})
    return total
