"""What a task says of the tasks that it depends on, from Python arguments to the wire."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from foreman_client._arguments import JsonObject, expect, fields, texts
from foreman_contract.graphs import AtLeast

FanIn: TypeAlias = Literal["all", "any"] | int | AtLeast | Mapping[str, int]
"""How many dependencies must complete: all, one, or at least so many (`2`, the wire's `{"atLeast": 2}`)."""


def graph_fields(
    *,
    ref: str | None = None,
    depends_on: Sequence[str] | None = None,
    fan_in: FanIn | None = None,
    allow_failure: bool = False,
) -> JsonObject:
    """The body fields of those that were given.

    Raises:
        TypeError: an argument is of the wrong type.
    """
    expect(str, ref=ref)
    expect(bool, allow_failure=allow_failure)
    return fields(
        ref=ref,
        depends_on=texts("depends_on", depends_on),
        fan_in=None if fan_in is None else _fan_in(fan_in),
        allow_failure=allow_failure or None,
    )


def _fan_in(fan_in: FanIn) -> Any:
    expect((str, int, AtLeast, Mapping), fan_in=fan_in)
    match fan_in:
        case int():
            return {"atLeast": fan_in}
        case AtLeast():
            return fan_in.to_wire()
        case str():
            return fan_in
        case _:
            return dict(fan_in)
