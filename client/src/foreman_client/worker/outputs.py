"""What a handler returns, as the JSON value that is stored: models and dataclasses become objects."""

import dataclasses
from typing import Any

from pydantic import BaseModel, PydanticUserError, TypeAdapter

from foreman_client._json import depth, encode, escaped_size


def measured(value: Any) -> tuple[Any, int, int]:
    """The JSON value of `value` with its size in escaped bytes and its depth in levels.

    A pydantic model or dataclass becomes an object (under its aliases), wherever it stands in dicts, lists and tuples.

    Raises:
        TypeError, ValueError: it is not JSON.
        Exception: what a model's own code raises.
    """
    try:
        text = encode(value)
    except TypeError:
        value = _converted(value)
        text = encode(value)
    return value, escaped_size(text), depth(value)


def _converted(value: Any) -> Any:
    try:
        return _plain(value)
    except PydanticUserError as error:
        raise TypeError(f"a dataclass in it cannot become JSON: {error.message}") from error
    except RecursionError:
        raise ValueError("contains itself, or is nested too deeply to be JSON") from None


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return TypeAdapter(type(value)).dump_python(value, mode="json", by_alias=True)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
