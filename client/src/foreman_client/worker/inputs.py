"""Typed input: a first parameter annotated with a pydantic model, dataclass or TypedDict gets the validated input."""

import dataclasses
import sys
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any, Final

import typing_extensions
from pydantic import BaseModel, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from foreman_client._json import encode_bytes
from foreman_client.steering import FailPermanently
from foreman_contract.tasks import Task

INVALID_INPUT: Final = "invalid_input"
_UNTYPED: Final = (Any, object, Task)
_MAX_DETAILS: Final = 20
_DETAIL_CHARS: Final = 300
_TELLS_THE_VALUE: Final = {"union_tag_invalid": "the tag is none of the expected ones"}
"""Messages of pydantic's own that repeat a part of the input."""


class InvalidInputError(FailPermanently):
    """The input does not fit the handler's annotation; `details` say where, and nothing of the values."""

    def __init__(self, details: Sequence[dict[str, str]]) -> None:
        super().__init__(f"the input is not what the handler takes: {len(details)} faults")
        self.code = INVALID_INPUT
        self.details = list(details)

    def __reduce__(self) -> tuple[type["InvalidInputError"], tuple[list[dict[str, str]]]]:
        return type(self), (self.details,)


def reader_of(annotation: Any) -> Callable[[Task], Any]:
    """From a task to what the handler's first parameter gets: the task itself, or its input as the annotated type.

    Input is read as JSON by pydantic: strictly where the type says so, else `"3"` is an int.

    Raises:
        TypeError: the annotation is neither Task nor a type of the three kinds (or a union of them).
    """
    if annotation in _UNTYPED or _is_task(annotation):
        return lambda task: task
    if not _is_typed(annotation):
        raise TypeError(
            f"a handler's first parameter is a Task, or a pydantic model, dataclass or TypedDict, not {annotation!r}"
        )
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(_portable(annotation))
    except PydanticUserError as error:
        raise TypeError(f"{annotation!r} cannot be read from JSON: {error}") from error
    return lambda task: _read(adapter, task.input_data)


def _read(adapter: TypeAdapter[Any], value: Any) -> Any:
    try:
        return adapter.validate_json(encode_bytes(value))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        # Without its cause: the text of a ValidationError repeats the input.
        raise InvalidInputError([_detail(fault) for fault in faults[:_MAX_DETAILS]]) from None


def _detail(fault: ErrorDetails) -> dict[str, str]:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault["loc"]]
    message = _TELLS_THE_VALUE.get(fault["type"], fault["msg"])
    return {"path": ("inputData" + "".join(steps))[:_DETAIL_CHARS], "message": message[:_DETAIL_CHARS]}


def _is_task(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Task)


def _is_typed(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _is_typed(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return all(_is_typed(each) for each in typing.get_args(annotation))
    kind = annotation if origin is None else origin
    if not isinstance(kind, type):
        return False
    return (
        issubclass(kind, BaseModel) or dataclasses.is_dataclass(kind) or typing_extensions.is_typeddict(kind)
    )


def _portable(annotation: Any) -> Any:
    """The annotation, with every `typing.TypedDict` as the one that pydantic reads: before Python 3.12 they differ."""
    if sys.version_info >= (3, 12):
        return annotation
    if typing.is_typeddict(annotation):
        return _portable_dict(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None or not arguments:
        return annotation
    if origin is typing.Annotated:
        return typing.Annotated[(_portable(arguments[0]), *arguments[1:])]
    replaced = tuple(_portable(each) for each in arguments)
    if origin is types.UnionType:
        return typing.Union[replaced]  # noqa: UP007 - made at run time
    generic: Any = origin
    return generic[replaced]


def _portable_dict(annotation: Any) -> Any:
    hints = typing.get_type_hints(annotation, include_extras=True)
    needed = annotation.__required_keys__
    # The functional form: a name and fields that are known at run time only.
    make: Any = typing_extensions.TypedDict
    rebuilt = make(annotation.__name__, {name: _field(hint, name in needed) for name, hint in hints.items()})
    if config := getattr(annotation, "__pydantic_config__", None):
        rebuilt.__pydantic_config__ = config
    return rebuilt


def _field(hint: Any, needed: bool) -> Any:
    """The type of a field. What it says of itself counts: Python 3.11 does not read that where annotations are text."""
    origin = typing.get_origin(hint)
    if origin in (typing.Required, typing.NotRequired):
        needed, hint = origin is typing.Required, typing.get_args(hint)[0]
    return _portable(hint) if needed else typing.NotRequired[_portable(hint)]
