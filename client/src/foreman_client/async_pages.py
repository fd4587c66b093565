"""What an iterating call of the async client returns: rows, page after page, each page fetched when it is needed."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from foreman_client._async_http import AsyncSession
from foreman_client._walk import Page, Walk
from foreman_client.result import Failure, Result, Success

R = TypeVar("R")
M = TypeVar("M", bound=Page[Any])


class AsyncPages(Generic[R, M]):
    """As `Pages`, for `async for`: the rows of a list of any length; `R` is a row, `M` a page.

    Iterate over it as often as you like: nothing is fetched before the first row is asked for, every iteration starts
    anew, and at most one page is held at any moment.
    """

    def __init__(
        self,
        lend: Callable[[], AbstractAsyncContextManager[AsyncSession]],
        walk: Callable[[], Walk[M]],
        rows: Callable[[M], Sequence[R]],
    ) -> None:
        self._lend = lend
        self._walk = walk
        self._rows = rows

    async def __aiter__(self) -> AsyncIterator[Result[R]]:
        """Every row as a Success. A page that cannot be fetched is one Failure, and the end."""
        async for result in self.pages():
            if isinstance(result, Failure):
                yield result
            else:
                for row in self._rows(result.data):
                    yield Success(row)
            del result  # let go of the page before the next one is fetched

    async def unwrap(self) -> AsyncIterator[R]:
        """Every row.

        Raises:
            ForemanError: while iterating, where a page cannot be fetched.
        """
        async for result in self:
            yield result.unwrap()

    async def pages(self) -> AsyncIterator[Result[M]]:
        """Every page, also one that is empty, as a Success. One that cannot be fetched is a Failure, and the end.

        To go on later, keep `pagination.next_cursor` of a page and hand it to the same call as `cursor`.
        """
        walk = self._walk()
        while not walk.ended:
            async with self._lend() as session:
                result = await session.run(walk.next_page())
            yield result
            del result
