"""JSON text that says exactly what the Python value says: no NaN, no renamed keys, integers of any length."""

import json
from decimal import Decimal
from typing import Any


def encode(value: Any) -> str:
    """The compact JSON text of `value`; non-ASCII characters as themselves.

    Raises:
        TypeError: something in it is no JSON value (a set, a key that is no str, ...).
        ValueError: it holds NaN or an infinity, contains itself, or is nested too deeply for Python.
    """
    try:
        text = _dumps(value)
    except RecursionError:
        raise ValueError("nested too deeply to be JSON") from None
    except ValueError:
        # Python refuses to spell integers over 4,300 digits; other faults are found again.
        text = _encode_slowly(value, frozenset())
    depth(value)
    return text


def encode_bytes(value: Any) -> bytes:
    """`encode` as UTF-8; lone surrogates, which UTF-8 cannot carry, travel as escapes.

    Raises:
        TypeError, ValueError: as `encode`.
    """
    text = encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _escape_surrogates(text).encode()


def decode(body: bytes) -> Any:
    """The value of a JSON text; integers are exact whatever their length.

    Raises:
        ValueError: it is not JSON.
    """
    text = body.decode()
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        return json.loads(text, parse_int=lambda digits: int(Decimal(digits)), parse_constant=_no_constant)


def escaped_size(text: str) -> int:
    """Bytes that JSON text takes once it is escaped as a JSON string: how the service counts payloads and bodies."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) - 2


def depth(value: Any) -> int:
    """How many levels of objects and arrays `value` has.

    Raises:
        TypeError: a key is no str; json.dumps would rename it without a word.
    """
    deepest = 0
    stack = [(value, 1)]
    while stack:
        node, level = stack.pop()
        if isinstance(node, dict):
            for key in node:
                if not isinstance(key, str):
                    raise TypeError(f"keys of a JSON object must be str, not {type(key).__name__}")
            stack.extend((child, level + 1) for child in node.values())
        elif isinstance(node, list | tuple):
            stack.extend((child, level + 1) for child in node)
        else:
            continue
        deepest = max(deepest, level)
    return deepest


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _encode_slowly(value: Any, inside: frozenset[int]) -> str:
    if id(value) in inside:
        raise ValueError("contains itself")
    if isinstance(value, dict):
        inner = inside | {id(value)}
        return "{" + ",".join(f"{_dumps(k)}:{_encode_slowly(v, inner)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        inner = inside | {id(value)}
        return "[" + ",".join(_encode_slowly(item, inner) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return format(Decimal(value), "f")
    return _dumps(value)


def _escape_surrogates(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in text)
