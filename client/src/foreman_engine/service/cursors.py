"""Cursors: opaque, and bound to the query and the organization that they were made for."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from foreman_contract.fields import is_uuid
from foreman_engine.domain.errors import Fault, InvalidCursorError
from foreman_engine.service.ports import Position


def scope_of(org_id: str, *query: object) -> str:
    """A short digest of everything that must stay the same while a cursor walks."""
    text = json.dumps([org_id, *query], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a walk goes on, and the total that its first page counted."""

    position: Position
    total: int | None


def encode(scope: str, position: Position, total: int | None = None) -> str:
    """The cursor that goes on behind `position` and repeats `total`."""
    text = json.dumps([scope, position.at, position.id, total], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(scope: str, cursor: str) -> Mark:
    """Where the cursor goes on.

    Raises:
        InvalidCursorError: it is broken, or was made for another query or organization.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        made_for, at, row_id, total = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, TypeError) as error:
        raise _broken() from error
    if made_for != scope or type(at) is not int or not is_uuid(str(row_id)):
        raise _broken()
    if not (total is None or type(total) is int):
        raise _broken()
    return Mark(Position(at, row_id), total)


def _broken() -> InvalidCursorError:
    text = "is broken, or belongs to another query"
    return InvalidCursorError(f"The cursor {text}.", [Fault("cursor", text)])
