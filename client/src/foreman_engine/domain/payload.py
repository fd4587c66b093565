"""Payloads: one JSON value each, kept as compact text so that nothing is lost on the way.

The engine never looks into a payload. Text keeps what DynamoDB maps would lose (long integers, -0.0, empty strings).
"""

import json
from dataclasses import dataclass
from typing import Any

from foreman_contract import limits
from foreman_engine.domain.errors import TooLargeError


@dataclass(frozen=True, slots=True)
class Payload:
    """A JSON value as compact text. A store may hand one out unloaded: `text` None, `ref` where the store keeps it."""

    text: str | None
    ref: str | None = None

    def value(self) -> Any:
        """The JSON value; the payload must be loaded."""
        if self.text is None:
            raise ValueError("payload is not loaded")
        return json.loads(self.text)


def differs(patched: Payload | None, current: Payload | None) -> bool:
    """Whether a patch sets something that is not there already; both must be loaded."""
    return patched is not None and (current is None or patched.text != current.text)


def compact(value: Any) -> str:
    """The compact JSON text of `value`: no spaces, non-ASCII characters as themselves."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def escaped_bytes(text: str) -> int:
    """UTF-8 bytes of JSON text once it is escaped as a JSON string, as it travels inside a Lambda event or answer.

    A lone surrogate counts as the three bytes that it would take.
    """
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) - 2


def bounded(value: Any, path: str, limit: int) -> str:
    """Compact text of `value`.

    Raises:
        TooLargeError: the escaped text is over `limit` bytes.
    """
    text = compact(value)
    # Escaping at most doubles quotes and backslashes and makes six bytes of a control character,
    # so short text needs no exact count.
    if len(text) * 6 > limit and (size := escaped_bytes(text)) > limit:
        raise TooLargeError(f"{path} is {size} bytes of escaped JSON; the limit is {limit}")
    return text


def payload(value: Any, path: str) -> Payload:
    """A payload of at most 1 MB.

    Raises:
        TooLargeError: it is larger.
    """
    return Payload(bounded(value, path, limits.MAX_PAYLOAD_BYTES))
