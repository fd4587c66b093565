"""Cursors: opaque, and bound to the query and the organization that they were made for."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Final

from foreman_contract import limits
from foreman_contract.fields import is_uuid
from foreman_engine.domain.errors import Fault, InvalidCursorError
from foreman_engine.domain.links import AFTER_IDS, AFTER_KEYS, Link, TagLink
from foreman_engine.service.ports import Position

_NO_INSTANT: Final = 1 << 48
"""No row is as late as this: ids and indexes keep 48 bits of milliseconds."""


def scope_of(org_id: str, *query: object) -> str:
    """A short digest of everything that must stay the same while a cursor walks."""
    text = json.dumps([org_id, *query], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows there are: exactly, or `at_least` so many."""

    count: int
    at_least: bool = False


def counted(rows: int) -> Total:
    """The total of rows of which no more than about 10,000 were counted."""
    return Total(min(rows, limits.MAX_COUNTED_ROWS), rows > limits.MAX_COUNTED_ROWS)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a walk goes on, and the total that its first page counted.

    In an order of instants: behind the row of this instant (epoch ms) and id. In an order of links: from this place on, whose
    texts are a key, or a tag and a key.
    """

    at: int
    id: str
    total: Total | None = None
    texts: tuple[str, ...] = ()
    skip: int = 0
    """How many matching rows are still to be passed over."""

    @property
    def position(self) -> Position:
        """The row that the walk has seen last, in an order of instants."""
        return Position(self.at, self.id)


def place_mark(link: Link | TagLink) -> Mark:
    """The mark that goes on from a place among links."""
    return Mark(0, link.entry_id, texts=tuple(link[:-1]))


def encode(scope: str, mark: Mark) -> str:
    """The cursor that goes on at `mark`."""
    total = None if mark.total is None else [mark.total.count, mark.total.at_least]
    text = json.dumps([scope, mark.at, mark.id, total, mark.skip, *mark.texts], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(scope: str, cursor: str, texts: int = 0) -> Mark:
    """Where the cursor goes on: in an order of instants, or at a place with so many texts among links.

    Raises:
        InvalidCursorError: it is broken, or was made for another query or organization.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        made_for, at, row_id, total, skip, *given = json.loads(
            base64.b64decode(padded, altchars=b"-_", validate=True)
        )
        sound = _is_place(given, row_id) if texts else _is_row(at, row_id)
        if made_for != scope or len(given) != texts or not (sound and _is_skip(skip)):
            raise broken()
        return Mark(at, row_id, None if total is None else _total(*total), tuple(given), skip)
    except (ValueError, binascii.Error, TypeError, RecursionError) as error:
        raise broken() from error


def _is_skip(skip: object) -> bool:
    return type(skip) is int and 0 <= skip <= limits.MAX_OFFSET


def _is_row(at: object, row_id: object) -> bool:
    return type(at) is int and 0 <= at < _NO_INSTANT and isinstance(row_id, str) and is_uuid(row_id)


def _is_place(texts: list[object], part: object) -> bool:
    return (
        all(map(_is_sortable, texts)) and isinstance(part, str) and (part in ("", AFTER_IDS) or is_uuid(part))
    )


def _is_sortable(text: object) -> bool:
    """Whether stores sort the text as tuples do: it is no longer than any key, and has no character before the blank."""
    if not isinstance(text, str) or len(text.encode()) > len(AFTER_KEYS.encode()):
        return False
    return min(text, default=" ") >= " "


def _total(count: object, at_least: object) -> Total:
    if type(count) is not int or type(at_least) is not bool or count < 0:
        raise TypeError("not a total")
    return Total(count, at_least)


def broken() -> InvalidCursorError:
    """The refusal of a cursor."""
    text = "is broken, or belongs to another query"
    return InvalidCursorError(f"The cursor {text}.", [Fault("cursor", text)])
