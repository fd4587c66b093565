"""An operation is written once; here it becomes a function of a config and a method of a client."""

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from foreman_client._http import Session, session_for
from foreman_client._steps import Scope, Steps
from foreman_client.config import ForemanConfig
from foreman_client.result import Result

P = ParamSpec("P")
T = TypeVar("T")


class HasSession(Protocol):
    """Whoever owns a session can have operations as methods."""

    @property
    def session(self) -> Session:
        """The connections to use."""


def function(
    operation: Callable[Concatenate[Scope, P], Steps[Result[T]]],
) -> Callable[Concatenate[ForemanConfig, P], Result[T]]:
    """The operation as a blocking function whose first argument is the config."""

    def call(config: ForemanConfig, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        if not isinstance(config, ForemanConfig):
            raise TypeError(f"config must be ForemanConfig, not {type(config).__name__}")
        session = session_for(config)
        return session.run(operation(session.scope, *args, **kwargs))

    _describe(call, operation, "config", ForemanConfig)
    return call


def method(
    operation: Callable[Concatenate[Scope, P], Steps[Result[T]]],
) -> Callable[Concatenate[HasSession, P], Result[T]]:
    """The operation as a blocking method."""

    def call(self: HasSession, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        session = self.session
        return session.run(operation(session.scope, *args, **kwargs))

    _describe(call, operation, "self", inspect.Parameter.empty)
    return call


def _describe(call: Callable[..., Any], operation: Callable[..., Any], first: str, kind: Any) -> None:
    """Give `call` the name, docstring and signature of the operation, with its own first parameter."""
    signature = inspect.signature(operation)
    _, *others = signature.parameters.values()
    mine = inspect.Parameter(first, inspect.Parameter.POSITIONAL_ONLY, annotation=kind)
    returns = signature.return_annotation
    steps = getattr(returns, "__args__", (None, None, returns))
    call.__name__ = call.__qualname__ = operation.__name__
    call.__doc__ = operation.__doc__
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[mine, *others], return_annotation=steps[-1]
    )
