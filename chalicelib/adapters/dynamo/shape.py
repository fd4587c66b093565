"""How a kind of record lies in its item: plain fields and payloads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.dynamo.codec import Field, decode, encode
from chalicelib.adapters.dynamo.payloads import read_attribute
from foreman_engine.domain.payload import Payload


@dataclass(frozen=True, slots=True)
class Shape:
    """Plain fields, the attributes of payloads by field name, and the index entry that follows from a state."""

    fields: Sequence[Field]
    payloads: Mapping[str, str]
    index: Callable[[Any], Item] | None = None

    def encode(self, state: object) -> Item:
        """Every attribute of a state but its payloads."""
        entry = self.index(state) if self.index is not None else {}
        return {**encode(self.fields, state), **entry}

    def payloads_of(self, state: object) -> dict[str, Payload]:
        """The payloads that a state has, by field name."""
        values = ((name, getattr(state, name)) for name in self.payloads)
        return {name: value for name, value in values if value is not None}

    def read(self, item: Item) -> dict[str, Any]:
        """The fields in an item, by their names in the state; payloads outside the item are unloaded."""
        payloads = {name: read_attribute(item.get(attr)) for name, attr in self.payloads.items()}
        return {**decode(self.fields, item), **payloads}
