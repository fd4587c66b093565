"""Reading a request body strictly: JSON as RFC 8259 has it, within what a double and the contract can hold."""

import json
import math
from typing import Any, Final

from foreman_contract import limits
from foreman_engine.domain.errors import InvalidJsonError, TooLargeError
from foreman_engine.domain.payload import compact, escaped_bytes

# The largest double has 309 digits; longer integers are refused before they cost anything to convert.
_MAX_INT_CHARS: Final = 310


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        InvalidJsonError: not UTF-8, not JSON, NaN or Infinity, a number beyond a double, nesting over 100 levels, a lone
            surrogate, or no object.
        TooLargeError: over 4 MB of escaped compact text.
    """
    if not raw.strip():
        raise InvalidJsonError("The body is empty; a JSON object is needed.")
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except UnicodeDecodeError as error:
        raise InvalidJsonError("The body is not valid UTF-8.") from error
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise InvalidJsonError(
            f"The body is not valid JSON: {error.msg} at character {error.pos}."
        ) from error
    if not isinstance(value, dict):
        raise InvalidJsonError("The body must be a JSON object.")
    _check_depth(value, raw)
    _check_size(value, raw)
    return value


def _integer(text: str) -> int:
    if len(text) <= _MAX_INT_CHARS:
        number = int(text)
        try:
            float(number)
        except OverflowError:
            pass
        else:
            return number
    raise InvalidJsonError("A number is beyond the range of a double.")


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise InvalidJsonError("A number is beyond the range of a double.")
    return number


def _constant(text: str) -> float:
    raise InvalidJsonError(f"{text} is not JSON.")


def _too_deep() -> InvalidJsonError:
    return InvalidJsonError(f"The body is nested more than {limits.MAX_NESTING} levels deep.")


def _check_depth(value: Any, raw: bytes) -> None:
    # A value cannot be deeper than it has brackets, which is quick to count and nearly always enough.
    if raw.count(b"[") + raw.count(b"{") <= limits.MAX_NESTING:
        return
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > limits.MAX_NESTING:
            raise _too_deep()
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]


def _check_size(value: Any, raw: bytes) -> None:
    text = compact(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidJsonError("The body holds a lone surrogate, which is not Unicode text.") from error
    if len(raw) * 2 > limits.MAX_BODY_BYTES and (size := escaped_bytes(text)) > limits.MAX_BODY_BYTES:
        raise TooLargeError(
            f"The body is {size} bytes of escaped JSON; the limit is {limits.MAX_BODY_BYTES}."
        )
