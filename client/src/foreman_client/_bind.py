"""An operation is written once; here it becomes a blocking function of a config and a blocking method of a client.

A listing becomes a function and a method that iterate over all pages of its operation. `_async_bind` does the same for
coroutines.
"""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from foreman_client._describe import CONFIG, SELF, describe, describe_paged
from foreman_client._http import Session, session_for
from foreman_client._steps import Scope, Steps
from foreman_client._walk import Listing, Page, Walk
from foreman_client._wire import checked
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
        session = session_for(checked(config))
        return session.run(operation(session.scope, *args, **kwargs))

    describe(call, operation, CONFIG)
    return call


def method(
    operation: Callable[Concatenate[Scope, P], Steps[Result[T]]],
) -> Callable[Concatenate[HasSession, P], Result[T]]:
    """The operation as a blocking method."""

    def call(self: HasSession, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        session = self.session
        return session.run(operation(session.scope, *args, **kwargs))

    describe(call, operation, SELF)
    return call


def paged_function(listing: Listing[P, R, M]) -> Callable[Concatenate[ForemanConfig, P], Pages[R, M]]:
    """The listing as a function whose first argument is the config, and whose pages block."""

    def call(config: ForemanConfig, /, *args: P.args, **kwargs: P.kwargs) -> Pages[R, M]:
        checked(config)
        return _pages(listing, lambda: session_for(config), *args, **kwargs)

    describe_paged(call, listing, CONFIG, Pages)
    return call


def paged_method(listing: Listing[P, R, M]) -> Callable[Concatenate[HasSession, P], Pages[R, M]]:
    """The listing as a method whose pages block."""

    def call(self: HasSession, /, *args: P.args, **kwargs: P.kwargs) -> Pages[R, M]:
        return _pages(listing, lambda: self.session, *args, **kwargs)

    describe_paged(call, listing, SELF, Pages)
    return call


def _pages(
    listing: Listing[P, R, M], session: Callable[[], Session], *args: P.args, **kwargs: P.kwargs
) -> Pages[R, M]:
    def walk(scope: Scope) -> Walk[M]:
        return listing.walk(scope, *args, **kwargs)

    walk(session().scope)  # wrong arguments raise here, not at the first row
    return Pages(session, walk, listing.rows)
