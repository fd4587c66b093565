"""How tasks name what they depend on."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    FailFast,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from foreman_contract import limits
from foreman_contract.base import RequestModel


class AtLeast(RequestModel):
    """So many dependencies must complete."""

    at_least: Annotated[int, Field(ge=1, le=limits.MAX_DEPENDENCIES)]


def _fan_in(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        text = f'must be "all", "any" or {{"atLeast": n}} with n from 1 to {limits.MAX_DEPENDENCIES}'
        raise PydanticCustomError("fan_in", "{text}", {"text": text}) from error


def _few(names: list[str]) -> list[str]:
    if len(set(names)) > limits.MAX_DEPENDENCIES:
        raise PydanticCustomError(
            "too_many_dependencies", f"must hold at most {limits.MAX_DEPENDENCIES} distinct dependencies"
        )
    return names


Ref = Annotated[str, Field(min_length=1, max_length=limits.MAX_REF_CHARS)]
"""What a task is called in the call that creates it."""
DependsOn = Annotated[list[Ref], FailFast(), AfterValidator(_few)]
"""Refs and ids; a repeat means nothing."""
FanIn = Annotated[Literal["all", "any"] | AtLeast, WrapValidator(_fan_in)]
"""How many dependencies must complete before a task may start; all of them by default."""
