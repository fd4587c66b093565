"""Write-once payloads: beside the state when small, else an item of their own, else an object.

What lies outside is written under a fresh random name before the state that refers to it, and never overwritten, so that a
late writer cannot replace what its successor stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, Value, blob, text
from chalicelib.adapters.dynamo.errors import RefusedError
from chalicelib.adapters.dynamo.keys import Place
from chalicelib.adapters.dynamo.packing import pack, unpack
from chalicelib.adapters.dynamo.reads import batch_get
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.writes import delete_all, put_all
from chalicelib.adapters.s3 import S3Objects
from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ALWAYS_INLINE_BYTES: Final = 64
"""So small that an item of its own would cost more than it saves."""
MAX_ITEM_BYTES: Final = 350_000
"""Largest packed payload in an item. Source: DynamoDB's 400 KB an item, with room."""
State = TypeVar("State", RunState, TaskState, EntryState)


@dataclass(frozen=True, slots=True)
class Outside:
    """A packed payload that is to be written beside its record, under a name of its own."""

    place: Place
    ref: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Placed:
    """Where payloads go: `attributes` into the state, `outside` before it; `refs` by field name."""

    attributes: Item = field(default_factory=dict)
    outside: tuple[Outside, ...] = ()
    refs: Mapping[str, str] = field(default_factory=dict)


def place(
    where: Place,
    names: Mapping[str, str],
    payloads: Mapping[str, Payload],
    room_bytes: int,
    shelf: Shelf,
) -> Placed:
    """Decide where new payloads go; `names` gives each field's attribute, `room_bytes` what the state has room for.

    The shelf names those that go outside.
    """
    attributes: Item = {}
    outside: list[Outside] = []
    refs: dict[str, str] = {}
    for name, payload in payloads.items():
        if payload.ref is not None:
            attributes[names[name]] = text(payload.ref)
            continue
        body = pack(payload.text or "null")
        if len(body) <= ALWAYS_INLINE_BYTES or len(body) <= room_bytes:
            attributes[names[name]] = blob(body)
            room_bytes -= len(body)
            continue
        ref = shelf.object() if len(body) > MAX_ITEM_BYTES else shelf.item(where, len(body))
        refs[name] = ref
        attributes[names[name]] = text(ref)
        outside.append(Outside(where, ref, body))
    return Placed(attributes, tuple(outside), refs)


def with_refs(state: State, placed: Placed) -> State:
    """The state whose payloads know where they were put."""
    changed: Any = {name: replace(getattr(state, name), ref=ref) for name, ref in placed.refs.items()}
    return replace(state, **changed) if changed else state


def read_attribute(value: Value | None) -> Payload | None:
    """The payload in an attribute: loaded when it is inline, else a reference."""
    if value is None:
        return None
    return Payload(unpack(bytes(value["B"]))) if "B" in value else Payload(None, value["S"])


def is_same(one: Payload | None, other: Payload | None) -> bool:
    """Whether two payloads are one: in the same place, or of the same text."""
    if one is None or other is None:
        return one is other
    if one.ref is not None and one.ref == other.ref:
        return True
    return one.text is not None and one.text == other.text


@dataclass(frozen=True, slots=True)
class PayloadStore:
    """The payloads of one table's records that lie outside their items."""

    client: "DynamoDBClient"
    table: str
    objects: S3Objects

    def write(self, outside: Iterable[Outside]) -> None:
        """Make payloads durable."""
        items: dict[tuple[str, str], Item] = {}
        for each in outside:
            path = keys.object_path(each.place, each.ref)
            if path is not None:
                self.objects.put(path, each.body)
                continue
            key = keys.payload(each.place, each.ref)
            item = items.setdefault((key["pk"]["S"], key["sk"]["S"]), key)
            item[keys.payload_attribute(each.ref)] = blob(each.body)
        put_all(self.client, self.table, list(items.values()))

    @contextmanager
    def written(self, outside: Sequence[Outside]) -> Iterator[None]:
        """Payloads are durable for the write inside the block. If that is refused they are of nobody, and are removed.

        What cannot be removed now is left to `reconcile`, as it is when this process dies.
        """
        self.write(outside)
        try:
            yield
        except RefusedError:
            with suppress(UnavailableError):
                self._delete((each.place, each.ref) for each in outside)
            raise

    def load(self, states: Sequence[State], places: Sequence[Place]) -> list[State]:
        """The same states with every payload's text; `places` in the same order.

        Raises:
            UnavailableError: one was replaced since the states were read, and removed; they are to be read again.
        """
        texts = self._texts(states, places)
        pairs = zip(states, places, strict=True)
        if any((where.pk, ref) not in texts for state, where in pairs for ref in _unloaded_refs(state)):
            raise UnavailableError("A payload was replaced while it was read.")
        return [_filled(state, where, texts) for state, where in zip(states, places, strict=True)]

    def load_kept(self, states: Sequence[State], where: Place) -> list[State]:
        """As `load`, without the states of which a payload was removed meanwhile."""
        texts = self._texts(states, [where] * len(states))
        kept = [state for state in states if all((where.pk, ref) in texts for ref in _unloaded_refs(state))]
        return [_filled(state, where, texts) for state in kept]

    def remove(self, states: Iterable[State], where: Place) -> None:
        """Remove the payloads of records that are gone. Whoever dies before has left them behind, and nothing else."""
        payloads = (each for state in states for each in _payloads(state).values())
        self._delete((where, each.ref) for each in payloads if each.ref is not None)

    def _delete(self, lying: Iterable[tuple[Place, str]]) -> None:
        items: dict[tuple[str, str], Item] = {}
        for where, ref in lying:
            path = keys.object_path(where, ref)
            if path is not None:
                self.objects.delete(path)
                continue
            key = keys.payload(where, ref)
            items[key["pk"]["S"], key["sk"]["S"]] = key
        delete_all(self.client, self.table, list(items.values()))

    def _texts(self, states: Sequence[State], places: Sequence[Place]) -> dict[tuple[str, str], str]:
        """Text by (partition, reference) of everything that is unloaded and exists."""
        pairs = zip(states, places, strict=True)
        wanted = {(where, ref) for state, where in pairs for ref in _unloaded_refs(state)}
        found: dict[tuple[str, str], str] = {}
        lying: dict[tuple[str, str], list[str]] = {}
        items: list[Item] = []
        for where, ref in wanted:
            path = keys.object_path(where, ref)
            if path is None:
                items.append(key := keys.payload(where, ref))
                lying.setdefault((where.pk, key["sk"]["S"]), []).append(ref)
            elif (body := self.objects.get(path)) is not None:
                found[where.pk, ref] = unpack(body)
        for item in batch_get(self.client, self.table, items):
            pk = item["pk"]["S"]
            for ref in lying[pk, item["sk"]["S"]]:
                found[pk, ref] = unpack(bytes(item[keys.payload_attribute(ref)]["B"]))
        return found


def _payloads(state: RunState | TaskState | EntryState) -> dict[str, Payload]:
    values = ((item.name, getattr(state, item.name)) for item in fields(state))
    return {name: value for name, value in values if isinstance(value, Payload)}


def _unloaded_refs(state: RunState | TaskState | EntryState) -> list[str]:
    return [value.ref or "" for value in _payloads(state).values() if value.text is None]


def _filled(state: State, where: Place, texts: Mapping[tuple[str, str], str]) -> State:
    changed: Any = {
        name: Payload(texts[where.pk, value.ref or ""], value.ref)
        for name, value in _payloads(state).items()
        if value.text is None
    }
    return replace(state, **changed) if changed else state
