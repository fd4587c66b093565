"""What an iterating call returns: rows, page after page, each page fetched when it is needed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from foreman_client._http import Session
from foreman_client._steps import Scope
from foreman_client._walk import Page, Walk
from foreman_client.result import Failure, Result, Success

R = TypeVar("R")
M = TypeVar("M", bound=Page[Any])


class Pages(Generic[R, M]):
    """The rows of a list of any length; `R` is a row, `M` a page. Made by the `iterate_…` calls.

    Iterate over it as often as you like: nothing is fetched before the first row is asked for, every iteration starts
    anew, and at most one page is held at any moment. It is safe to share between threads, its iterators are not.
    """

    def __init__(
        self,
        session: Callable[[], Session],
        walk: Callable[[Scope], Walk[M]],
        rows: Callable[[M], Sequence[R]],
    ) -> None:
        self._session = session
        self._walk = walk
        self._rows = rows

    def __iter__(self) -> Iterator[Result[R]]:
        """Every row as a Success. A page that cannot be fetched is one Failure, and the end."""
        for result in self.pages():
            if isinstance(result, Failure):
                yield result
            else:
                yield from map(Success, self._rows(result.data))
            del result  # let go of the page before the next one is fetched

    def unwrap(self) -> Iterator[R]:
        """Every row.

        Raises:
            ForemanError: while iterating, where a page cannot be fetched.
        """
        for result in self:
            yield result.unwrap()

    def pages(self) -> Iterator[Result[M]]:
        """Every page, also one that is empty, as a Success. One that cannot be fetched is a Failure, and the end.

        To go on later, keep `pagination.next_cursor` of a page and hand it to the same call as `cursor`.
        """
        session = self._session()
        walk = self._walk(session.scope)
        while not walk.ended:
            yield session.run(walk.next_page())
