"""What a save writes: only what differs, so that code of another version never erases attributes that it does not know."""

from dataclasses import dataclass
from typing import Final

from chalicelib.adapters.dynamo.attributes import Item, Value, number, size_bytes
from chalicelib.adapters.dynamo.keys import Place
from chalicelib.adapters.dynamo.packing import pack
from chalicelib.adapters.dynamo.payloads import Placed, is_same, place
from chalicelib.adapters.dynamo.shape import Shape
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.writes import MARK
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState

REV: Final = "v"
"""The attribute that counts an item's writes."""
_KEY_BYTES: Final = 90
"""About what keys, revision and mark take of an item."""
_REF_BYTES: Final = 20
STATE_BYTES: Final = 1000
"""A state with its inline payloads stays below this, so that a write of it costs one unit."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What to set and to remove, and the payloads to write before."""

    sets: Item
    removes: tuple[str, ...]
    placed: Placed


def difference(
    shape: Shape,
    where: Place,
    before: RunState | TaskState,
    after: RunState | TaskState,
    shelf: Shelf,
) -> Difference:
    """What leads from `before` to `after`; the shelf names new payloads that lie outside."""
    old, new = shape.encode(before), shape.encode(after)
    kept, added, removed = 0, {}, []
    for name, attr in shape.payloads.items():
        was, now = getattr(before, name), getattr(after, name)
        if is_same(was, now):
            kept += _stored_bytes(now)
        elif now is None:
            removed.append(attr)
        else:
            added[name] = now
    placed = place(where, shape.payloads, added, room_bytes(new) - kept, shelf)
    sets = {attr: value for attr, value in new.items() if old.get(attr) != value}
    gone = [attr for attr in old if attr not in new]
    return Difference({**sets, **placed.attributes}, (*gone, *removed), placed)


def room_bytes(state: Item, reserve_bytes: int = 0) -> int:
    """How much of a state's kilobyte its inline payloads may take."""
    return STATE_BYTES - _KEY_BYTES - reserve_bytes - size_bytes(state)


def _stored_bytes(payload: object) -> int:
    text, ref = getattr(payload, "text", None), getattr(payload, "ref", None)
    if payload is None or ref is not None or text is None:
        return _REF_BYTES if payload is not None else 0
    # Text this long was not kept beside the state, however well it packs.
    return len(pack(text)) if len(text) < 20 * STATE_BYTES else _REF_BYTES


@dataclass(frozen=True, slots=True)
class Expression:
    """An update expression with its names and values, all aliased because short names are often reserved words."""

    update: str
    names: dict[str, str]
    values: Item


def revised(change: Difference, rev: int, mark: Value) -> Expression:
    """The update that applies a difference to revision `rev` and makes it the next."""
    sets: Item = {**change.sets, REV: number(rev + 1), MARK: mark}
    update = "SET " + ", ".join(f"#{attr} = :{attr}" for attr in sets)
    if change.removes:
        update += " REMOVE " + ", ".join(f"#{attr}" for attr in change.removes)
    names = {f"#{attr}": attr for attr in (*sets, *change.removes)}
    return Expression(update, names, {f":{attr}": value for attr, value in sets.items()})
