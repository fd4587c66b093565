"""Items that small payloads share. DynamoDB bills each item by whole kilobytes: ten of half a kilobyte are cheaper as five."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.keys import Place

SHELF_BYTES: Final = 3_900
"""What an item holds together: a read of it still costs one unit, as it would of one payload alone."""


@dataclass(frozen=True, slots=True)
class _Open:
    name: str
    used_bytes: int
    count: int


@dataclass(slots=True)
class Shelf:
    """Gives out names for payloads that are written by one call."""

    _open: dict[str, _Open] = field(default_factory=dict)

    def ref(self, where: Place, size_bytes: int) -> str:
        """A fresh name for a payload in an item: a place in one with others, if there is room."""
        last = self._open.get(where.pk)
        if last is None or last.used_bytes + size_bytes > SHELF_BYTES:
            last = _Open(fresh_name(), 0, 0)
        self._open[where.pk] = _Open(last.name, last.used_bytes + size_bytes, last.count + 1)
        return keys.payload_item(last.name, last.count)


def fresh_name() -> str:
    """A name that nobody else draws."""
    return secrets.token_urlsafe(9)
