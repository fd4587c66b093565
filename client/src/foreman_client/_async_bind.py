"""An operation is written once; here it becomes an async function of a config and an async method of a client.

As any `async def`, it raises where it is awaited, wrong arguments included; what iterates raises at the call.
"""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from foreman_client._async_http import AsyncSession
from foreman_client._describe import CONFIG, SELF, describe, describe_paged
from foreman_client._loops import lend_session
from foreman_client._steps import Scope, Steps
from foreman_client._walk import Listing, Page, Walk
from foreman_client._wire import checked, scope_of
from foreman_client.async_pages import AsyncPages
from foreman_client.config import ForemanConfig
from foreman_client.result import Result

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M", bound=Page[Any])


class HasAsyncSession(Protocol):
    """Whoever owns an async session can have operations as async methods."""

    @property
    def session(self) -> AsyncSession:
        """The connections to use."""


def async_function(
    operation: Callable[Concatenate[Scope, P], Steps[Result[T]]],
) -> Callable[Concatenate[ForemanConfig, P], Coroutine[Any, Any, Result[T]]]:
    """The operation as an async function whose first argument is the config."""

    async def call(config: ForemanConfig, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        steps = operation(scope_of(checked(config)), *args, **kwargs)
        async with lend_session(config) as session:
            return await session.run(steps)

    describe(call, operation, CONFIG)
    return call


def async_method(
    operation: Callable[Concatenate[Scope, P], Steps[Result[T]]],
) -> Callable[Concatenate[HasAsyncSession, P], Coroutine[Any, Any, Result[T]]]:
    """The operation as an async method."""

    async def call(self: HasAsyncSession, /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        session = self.session
        return await session.run(operation(session.scope, *args, **kwargs))

    describe(call, operation, SELF)
    return call


def async_paged_function(
    listing: Listing[P, R, M],
) -> Callable[Concatenate[ForemanConfig, P], AsyncPages[R, M]]:
    """The listing as a function whose first argument is the config, and whose pages are awaited."""

    def call(config: ForemanConfig, /, *args: P.args, **kwargs: P.kwargs) -> AsyncPages[R, M]:
        scope = scope_of(checked(config))
        return _pages(listing, scope, lambda: lend_session(config), *args, **kwargs)

    describe_paged(call, listing, CONFIG, AsyncPages)
    return call


def async_paged_method(
    listing: Listing[P, R, M],
) -> Callable[Concatenate[HasAsyncSession, P], AsyncPages[R, M]]:
    """The listing as a method whose pages are awaited."""

    def call(self: HasAsyncSession, /, *args: P.args, **kwargs: P.kwargs) -> AsyncPages[R, M]:
        return _pages(listing, self.session.scope, lambda: nullcontext(self.session), *args, **kwargs)

    describe_paged(call, listing, SELF, AsyncPages)
    return call


def _pages(
    listing: Listing[P, R, M],
    scope: Scope,
    lend: Callable[[], AbstractAsyncContextManager[AsyncSession]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> AsyncPages[R, M]:
    def walk() -> Walk[M]:
        return listing.walk(scope, *args, **kwargs)

    walk()  # wrong arguments raise here, not at the first row
    return AsyncPages(lend, walk, listing.rows)
