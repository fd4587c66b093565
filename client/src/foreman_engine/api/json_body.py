"""Reading a request body strictly: JSON as RFC 8259 has it, within what a double and the contract can hold.

Every step is linear in the bytes of the body and nearly all of it runs in C, so that no body up to the limit costs a second.
"""

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from foreman_contract import limits
from foreman_engine.domain.errors import InvalidJsonError, TooLargeError
from foreman_engine.domain.payload import escaped_bytes

_DOUBLE_DIGITS: Final = 309
"""The digits of the largest double; a shorter integer is always in range."""
_DIGITS: Final = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
"""Every digit as a zero, everything else as a blank."""

# The closing quote is optional and nothing is given back, so that text full of open strings is still read once.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_STEPS: Final = bytes(1 if byte in b"[{" else 255 for byte in range(256))
"""A bracket as what it adds to the depth, a signed byte."""
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The JSON object in a body, and its one text: compact, keys in order, so that equal objects have equal texts."""

    fields: dict[str, Any]
    canonical: str


def read_object(raw: bytes) -> JsonBody:
    """The JSON object in a body.

    Raises:
        InvalidJsonError: not UTF-8, not JSON, NaN or Infinity, a number beyond a double, nesting over 100 levels, a key that
            stands twice in one object, a lone surrogate, or no object.
        TooLargeError: over 4 MB of escaped compact text.
    """
    if not raw.strip():
        raise InvalidJsonError("The body is empty; a JSON object is needed.")
    _check_depth(raw)
    value = _parse(raw)
    if not isinstance(value, dict):
        raise InvalidJsonError("The body must be a JSON object.")
    return JsonBody(value, _canonical(value))


def _check_depth(raw: bytes) -> None:
    """Before anything recurses. A value cannot be deeper than it has brackets, which is quick to count and nearly always enough."""
    if raw.count(b"[") + raw.count(b"{") <= limits.MAX_NESTING:
        return
    steps = memoryview(_STRING.sub(b"", raw).translate(_STEPS, _NO_BRACKETS)).cast("b")
    if max(accumulate(steps, initial=0)) > limits.MAX_NESTING:
        raise InvalidJsonError(f"The body is nested more than {limits.MAX_NESTING} levels deep.")


def _parse(raw: bytes) -> Any:
    # A hook for integers costs as much as the rest, so it is there only when some run of digits is long enough to matter.
    long_digits = b"0" * _DOUBLE_DIGITS in raw.translate(_DIGITS)
    try:
        with _uncollected():
            return json.loads(
                raw.decode("utf-8"),
                parse_int=_integer if long_digits else None,
                parse_constant=_constant,
                object_pairs_hook=_object,
            )
    except UnicodeDecodeError as error:
        raise InvalidJsonError("The body is not valid UTF-8.") from error
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise InvalidJsonError(f"The body is not valid JSON: {what} at character {error.pos}.") from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection of what the block makes: of a million new lists none is garbage, and looking costs more than parsing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _integer(text: str) -> int:
    # Longer ones are refused before they cost anything to convert; one digit may be a minus sign.
    if len(text) <= _DOUBLE_DIGITS + 1:
        number = int(text)
        try:
            float(number)
        except OverflowError:
            pass
        else:
            return number
    raise _beyond_a_double()


def _constant(text: str) -> float:
    raise InvalidJsonError(f"{text} is not JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 8259 leaves open what a repeated key means, so a reader before or behind us may see another value than we do."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise InvalidJsonError("The body is not valid JSON: an object has the same key twice.")
    return value


def _beyond_a_double() -> InvalidJsonError:
    return InvalidJsonError("A number is beyond the range of a double.")


def _canonical(value: dict[str, Any]) -> str:
    try:
        text = _dump(value)
    except (
        ValueError
    ) as error:  # the only way to an infinity that `_constant` leaves is a number that overflows
        raise _beyond_a_double() from error
    if not _is_unicode(text):
        raise InvalidJsonError("The body holds a lone surrogate, which is not Unicode text.")
    # Escaping makes six bytes of one character at most, so short text needs no exact count.
    if len(text) * 6 > limits.MAX_BODY_BYTES and (size := escaped_bytes(text)) > limits.MAX_BODY_BYTES:
        raise TooLargeError(
            f"The body is {size} bytes of escaped JSON; the limit is {limits.MAX_BODY_BYTES}."
        )
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_dump: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode
