"""An entry of run data as an item."""

from typing import Final

from chalicelib.adapters.dynamo import run_data_keys as keys
from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.codec import (
    int_field,
    text_field,
    texts_field,
    uuid_field,
)
from chalicelib.adapters.dynamo.payloads import Placed, place
from chalicelib.adapters.dynamo.shape import Shape
from chalicelib.adapters.dynamo.shelf import Shelf
from foreman_engine.domain.run_data import EntryState

_INLINE_BYTES: Final = 1024
"""Larger payloads lie outside, so that reading the heads of many entries stays cheap."""

TAGS: Final = "tg"
UPDATED_AT: Final = "ua"
SHAPE: Final = Shape(
    fields=(
        uuid_field("run_id", "ru"),
        uuid_field("task_id", "ta"),
        text_field("key", "k"),
        texts_field("tags", TAGS),
        int_field("created_at", "ca"),
        int_field("updated_at", UPDATED_AT),
    ),
    payloads={"value": "va", "metadata": "m"},
)


def new_entry(entry: EntryState, shelf: Shelf) -> tuple[Item, Placed]:
    """The item of a new entry, and the payloads to write before it."""
    payloads = SHAPE.payloads_of(entry)
    where = keys.entry_place(entry.org_id, entry.run_id)
    placed = place(where, SHAPE.payloads, payloads, _INLINE_BYTES, shelf)
    key = keys.entry(entry.org_id, entry.run_id, entry.id)
    return {**key, **SHAPE.encode(entry), **placed.attributes}, placed


def read_entry(org_id: str, item: Item) -> EntryState:
    """The entry in an item; payloads outside are unloaded."""
    return EntryState(id=keys.entry_id(item), org_id=org_id, **SHAPE.read(item))
