"""Cursors: opaque, and bound to the query and the organization that they were made for."""

import base64
import binascii
import hashlib
import json

from foreman_engine.domain.errors import Fault, InvalidCursorError
from foreman_engine.service.ports import Position


def scope_of(org_id: str, *query: object) -> str:
    """A short digest of everything that must stay the same while a cursor walks."""
    text = json.dumps([org_id, *query], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def encode(scope: str, position: Position) -> str:
    """The cursor that goes on behind `position`."""
    text = json.dumps([scope, position.at, position.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(scope: str, cursor: str) -> Position:
    """Where the cursor goes on.

    Raises:
        InvalidCursorError: it is broken, or was made for another query or organization.

    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        made_for, at, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, TypeError) as error:
        raise _broken() from error
    if made_for != scope or type(at) is not int or type(row_id) is not str:
        raise _broken()
    return Position(at, row_id)


def _broken() -> InvalidCursorError:
    text = "is broken, or belongs to another query"
    return InvalidCursorError(f"The cursor {text}.", [Fault("cursor", text)])
