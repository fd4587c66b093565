"""How a state's plain fields become attributes and back, by a table of fields.

Names are short, because DynamoDB bills them with every write. A field that has the value which its absence stands for is
left out. What absence stands for is part of the stored format: it is written here and does not follow a default elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from chalicelib.adapters.dynamo.attributes import Item, Value, blob, flag, number, text, texts


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in the state, its attribute, both directions, and what an absent attribute means."""

    name: str
    attr: str
    encode: Callable[[Any], Value]
    decode: Callable[[Value], Any]
    absent: Any = None


def text_field(name: str, attr: str, absent: str | None = None) -> Field:
    """A string."""
    return Field(name, attr, text, lambda value: value["S"], absent)


def int_field(name: str, attr: str, absent: int | None = None) -> Field:
    """An integer."""
    return Field(name, attr, number, lambda value: int(value["N"]), absent)


def flag_field(name: str, attr: str) -> Field:
    """A boolean, absent when false."""
    return Field(name, attr, flag, lambda value: value["BOOL"], absent=False)


def enum_field(name: str, attr: str, kind: type[StrEnum], absent: StrEnum | None = None) -> Field:
    """A member of an enum, stored as its word."""
    return Field(name, attr, text, lambda value: kind(value["S"]), absent)


def uuid_field(name: str, attr: str) -> Field:
    """A UUID, stored as its 16 bytes."""
    return Field(name, attr, uuid_value, lambda value: str(UUID(bytes=bytes(value["B"]))))


def texts_field(name: str, attr: str) -> Field:
    """A tuple of strings in order, absent when empty."""
    return Field(name, attr, texts, lambda value: tuple(each["S"] for each in value["L"]), absent=())


def uuids_field(name: str, attr: str) -> Field:
    """A tuple of UUIDs in order, their 16 bytes each one after the other, absent when empty."""
    return Field(name, attr, _uuids_value, _read_uuids, absent=())


def _uuids_value(uids: tuple[str, ...]) -> Value:
    return blob(b"".join(UUID(uid).bytes for uid in uids))


def _read_uuids(value: Value) -> tuple[str, ...]:
    raw = bytes(value["B"])
    return tuple(str(UUID(bytes=raw[at : at + 16])) for at in range(0, len(raw), 16))


def uuid_value(uid: str) -> Value:
    """A UUID's 16 bytes."""
    return blob(UUID(uid).bytes)


def encode(fields: Sequence[Field], state: object) -> Item:
    """The attributes of a state's plain fields."""
    values = ((field, getattr(state, field.name)) for field in fields)
    return {field.attr: field.encode(value) for field, value in values if value != field.absent}


def decode(fields: Sequence[Field], item: Mapping[str, Value]) -> dict[str, Any]:
    """The plain fields of an item, by their names in the state; attributes that the table does not know are ignored."""
    return {
        field.name: field.decode(item[field.attr]) if field.attr in item else field.absent for field in fields
    }
