"""Items that small payloads share. DynamoDB bills each item by whole kilobytes: ten of half a kilobyte are cheaper as five."""

from dataclasses import dataclass, field
from typing import Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.keys import Place
from chalicelib.adapters.dynamo.payload_names import fresh_name

SHELF_BYTES: Final = 3_900
"""What an item holds together: a read of it still costs one unit, as it would of one payload alone."""


@dataclass(frozen=True, slots=True)
class _Open:
    name: str
    used_bytes: int
    count: int


@dataclass(slots=True)
class Shelf:
    """Gives out names for payloads that are written by one call, which began at `now_ms` (epoch milliseconds).

    Unless it is `shared`, every payload is in an item of its own.
    """

    now_ms: int
    shared: bool = False
    _open: dict[str, _Open] = field(default_factory=dict)

    def item(self, where: Place, size_bytes: int) -> str:
        """A fresh name for a payload in an item: a place in one with others, if there is room."""
        last = self._open.get(where.pk)
        if last is None or not self.shared or last.used_bytes + size_bytes > SHELF_BYTES:
            last = _Open(fresh_name(self.now_ms), 0, 0)
        self._open[where.pk] = _Open(last.name, last.used_bytes + size_bytes, last.count + 1)
        return keys.payload_item(last.name, last.count)

    def object(self) -> str:
        """A fresh name for a payload that is an object."""
        return keys.payload_object(fresh_name(self.now_ms))
