"""From Python arguments to what a request carries: types checked at the caller, names made camelCase."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any
from urllib.parse import quote

from pydantic.alias_generators import to_camel

from foreman_client._unset import UNSET

JsonObject = dict[str, Any]
Params = tuple[tuple[str, str], ...]


def expect(kind: type | tuple[type, ...], **arguments: object) -> None:
    """Check that every argument that was given (is not None) is of `kind`; a bool is no number.

    Raises:
        TypeError: one is not; the message names it.
    """
    required(kind, **{name: value for name, value in arguments.items() if value is not None})


def required(kind: type | tuple[type, ...], **arguments: object) -> None:
    """As `expect`, for arguments that nothing stands in for: None is of no kind.

    Raises:
        TypeError: one is of another kind; the message names it.
    """
    for name, value in arguments.items():
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            wanted = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
            raise TypeError(f"{name} must be {wanted}, not {type(value).__name__}")


def fields(**arguments: Any) -> JsonObject:
    """The body fields of the arguments that were given (are not None), under their wire names."""
    return {to_camel(name): value for name, value in arguments.items() if value is not None}


def payloads(**arguments: Any) -> JsonObject:
    """As `fields`, for payloads: only UNSET counts as not given, None is null."""
    return {to_camel(name): value for name, value in arguments.items() if value is not UNSET}


def segment(name: str, value: str) -> str:
    """An id as one path segment.

    Raises:
        TypeError: it is no str.
        ValueError: it is empty, `.` or `..`; the path would name something else.
    """
    required(str, **{name: value})
    if not value:
        raise ValueError(f"{name} must not be empty")
    if value in (".", ".."):
        raise ValueError(f"{name} must be an id, not {value!r}")
    return quote(value, safe="")


def params(**arguments: str | int | bool | Enum | None) -> Params:
    """Query parameters of the arguments that were given, under their wire names.

    Raises:
        ValueError: one holds a lone surrogate.
    """
    return tuple(
        (to_camel(name), _sendable(name, _text(value)))
        for name, value in arguments.items()
        if value is not None
    )


def list_params(**arguments: Sequence[str] | None) -> Params:
    """List parameters, each value whole: a lone one is sent twice, because given once it would be a comma list.

    An empty list is sent as it is, for the service to refuse: dropping it would widen the query.

    Raises:
        TypeError: an argument is no list, or an element no str.
        ValueError: an element holds a lone surrogate.
    """
    found: list[tuple[str, str]] = []
    for name, given in arguments.items():
        values = texts(name, given)
        if values is not None:
            found += [(to_camel(name), _sendable(name, value)) for value in _never_once(values)]
    return tuple(found)


def texts(name: str, values: Sequence[str] | None) -> list[str] | None:
    """A list argument as a list; a lone str is none, though Python would take it for a list of its characters.

    Raises:
        TypeError: it is no list, or an element no str.
    """
    if values is None:
        return None
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise TypeError(f"{name} must be a list of str, not {type(values).__name__}")
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} must hold nothing but str")
    return list(values)


def mapping(name: str, value: Mapping[str, Any] | None) -> JsonObject | None:
    """A JSON object argument as a dict.

    Raises:
        TypeError: it is no mapping.
    """
    expect(Mapping, **{name: value})
    return None if value is None else dict(value)


def _never_once(values: Sequence[str]) -> Iterable[str]:
    return {0: [""], 1: [*values, *values]}.get(len(values), values)


def _text(value: str | int | bool | Enum) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value if isinstance(value, Enum) else value)


def _sendable(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} must not hold a lone surrogate: no URL can carry it") from None
    return text
