"""Walking over a list page by page: which page comes next, and when it ends. Touches no network, and keeps no page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from foreman_client._steps import Scope, Steps
from foreman_client.errors import UnexpectedAnswerError
from foreman_client.result import Failure, Result
from foreman_contract.pages import Pagination

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Page(Protocol[R_co]):
    """What every page model of the contract has."""

    @property
    def data(self) -> Sequence[R_co]:
        """The rows."""

    @property
    def pagination(self) -> Pagination:
        """How far the page reaches."""


M = TypeVar("M", bound=Page[Any])


class Walk(Generic[M]):
    """One walk, from the first page to the last or to the first that fails; `ask` fetches the page at a cursor.

    `ended` tells whether there is nothing more to fetch.
    """

    def __init__(self, ask: Callable[[str | None], Steps[Result[M]]]) -> None:
        self.ended = False
        self._ask = ask
        self._cursor: str | None = None

    def next_page(self) -> Steps[Result[M]]:
        """The next page, or the failure that ends the walk."""
        self.ended = True
        result = yield from self._ask(self._cursor)
        if not result.success:
            return result
        following = result.data.pagination.next_cursor
        if following is None:
            return result
        if following == self._cursor:
            return Failure(_in_a_circle())
        self._cursor, self.ended = following, False
        return result


@dataclass(frozen=True, slots=True)
class Listing(Generic[P, R, M]):
    """How to walk over all that an operation answers a page of.

    `name` is the iterating callable's, `page` the operation (it takes `cursor`, perhaps `offset`), `rows` are those of
    a page (`rows_of`), `defaults` the arguments of `page` that are others when a caller leaves them out.
    """

    name: str
    page: Callable[Concatenate[Scope, P], Steps[Result[M]]]
    rows: Callable[[M], Sequence[R]]
    defaults: Mapping[str, Any]

    def walk(self, scope: Scope, *args: P.args, **kwargs: P.kwargs) -> Walk[M]:
        """A walk over the pages of `page(scope, *args, **kwargs)`, from that page on; nothing is sent yet.

        Raises:
            TypeError, ValueError: an argument is of the wrong type, as `page` says.
        """
        page: Callable[..., Steps[Result[M]]] = self.page
        left_out = {name: value for name, value in self.defaults.items() if kwargs.get(name) is None}
        first: dict[str, Any] = {**kwargs, **left_out}
        others = {name: value for name, value in first.items() if name != "offset"}

        def ask(cursor: str | None) -> Steps[Result[M]]:
            if cursor is None:
                return page(scope, *args, **first)
            return page(scope, *args, **{**others, "cursor": cursor})

        ask(None)  # never sent: wrong arguments raise here, not at the first row
        return Walk(ask)


def rows_of(page: Page[R]) -> Sequence[R]:
    """The rows of a page."""
    return page.data


def _in_a_circle() -> UnexpectedAnswerError:
    return UnexpectedAnswerError("a page was said to be followed by itself", code="unexpected_answer")
