"""An operation is written once; here it becomes a function of a config and a method of a client.

A listing becomes a function and a method that iterate over all pages of its operation.
"""

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar, get_args

from foreman_client._http import Session, session_for
from foreman_client._steps import Scope, Steps
from foreman_client._walk import Listing, Page, Walk
from foreman_client.config import ForemanConfig
from foreman_client.pages import Pages
from foreman_client.result import Result

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M", bound=Page[Any])


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
        session = _session_of(config)
        return session.run(operation(session.scope, *args, **kwargs))

    _describe(call, operation, _CONFIG)
    return call


def method(
    operation: Callable[Concatenate[Scope, P], Steps[Result[T]]],
) -> Callable[Concatenate[HasSession, P], Result[T]]:
    """The operation as a blocking method."""

    def call(self: HasSession, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        session = self.session
        return session.run(operation(session.scope, *args, **kwargs))

    _describe(call, operation, _SELF)
    return call


def paged_function(listing: Listing[P, R, M]) -> Callable[Concatenate[ForemanConfig, P], Pages[R, M]]:
    """The listing as a function whose first argument is the config, and whose pages block."""

    def call(config: ForemanConfig, /, *args: P.args, **kwargs: P.kwargs) -> Pages[R, M]:
        return _pages(listing, lambda: _session_of(config), *args, **kwargs)

    _describe_paged(call, listing, _CONFIG)
    return call


def paged_method(listing: Listing[P, R, M]) -> Callable[Concatenate[HasSession, P], Pages[R, M]]:
    """The listing as a method whose pages block."""

    def call(self: HasSession, /, *args: P.args, **kwargs: P.kwargs) -> Pages[R, M]:
        return _pages(listing, lambda: self.session, *args, **kwargs)

    _describe_paged(call, listing, _SELF)
    return call


def _session_of(config: ForemanConfig) -> Session:
    if not isinstance(config, ForemanConfig):
        raise TypeError(f"config must be ForemanConfig, not {type(config).__name__}")
    return session_for(config)


def _pages(
    listing: Listing[P, R, M], session: Callable[[], Session], *args: P.args, **kwargs: P.kwargs
) -> Pages[R, M]:
    def walk(scope: Scope) -> Walk[M]:
        return listing.walk(scope, *args, **kwargs)

    walk(session().scope)  # wrong arguments raise here, not at the first row
    return Pages(session, walk, listing.rows)


_CONFIG: Final = inspect.Parameter("config", inspect.Parameter.POSITIONAL_ONLY, annotation=ForemanConfig)
_SELF: Final = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)


def _describe(call: Callable[..., Any], operation: Callable[..., Any], first: inspect.Parameter) -> None:
    """Give `call` the name, docstring and signature of the operation, with its own first parameter."""
    call.__name__ = call.__qualname__ = operation.__name__
    call.__doc__ = operation.__doc__
    _sign(call, operation, first, _result_of(operation))


def _describe_paged(
    call: Callable[..., Any], listing: Listing[Any, Any, Any], first: inspect.Parameter
) -> None:
    """Give `call` the listing's name and the signature of its operation, answering pages, and say how they differ."""
    page = listing.page.__name__
    defaults = " and ".join(f"`{name}={value}`" for name, value in listing.defaults.items())
    call.__name__ = call.__qualname__ = listing.name
    call.__doc__ = (
        f"Iterate over every row that `{page}` answers, page after page; the walk starts at `cursor`, if given.\n\n"
        "Nothing is fetched before the first row is asked for; see `Pages`. The arguments are those of "
        f"`{page}`, but a page is asked for with {defaults} unless told otherwise. `{page}`:\n\n"
        f"{inspect.getdoc(listing.page)}"
    )
    succeeded, _ = get_args(_result_of(listing.page))
    (model,) = get_args(succeeded)
    (row,) = get_args(model.model_fields["data"].annotation)
    generic: Any = Pages
    _sign(call, listing.page, first, generic[row, model])


def _sign(
    call: Callable[..., Any], operation: Callable[..., Any], first: inspect.Parameter, answer: Any
) -> None:
    signature = inspect.signature(operation)
    _, *others = signature.parameters.values()
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[first, *others], return_annotation=answer
    )


def _result_of(operation: Callable[..., Any]) -> Any:
    returns = inspect.signature(operation).return_annotation
    return getattr(returns, "__args__", (None, None, returns))[-1]
