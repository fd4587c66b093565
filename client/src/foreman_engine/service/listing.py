"""Walking rows that match: page by page, in bounded steps where no index serves the filter."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from foreman_contract import limits
from foreman_engine.service.cursors import Mark, Total
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Position

R = TypeVar("R")

_CHUNK: Final = 100
"""Rows read at once where most may not match."""


@dataclass(frozen=True, slots=True)
class Source(Generic[R]):
    """Where rows come from: `read` gives the first `limit` behind a place, fewer when there are no more.

    With `matches` rows are read on until enough of them match; `dense` where all but a few will. Where every row matches,
    `count` tells how many there are, no further than a little over its argument.
    """

    read: Callable[[int, Position | None], Sequence[R]]
    place: Callable[[R], Position]
    count: Callable[[int], int] = lambda at_most: at_most
    matches: Callable[[R], bool] | None = None
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows in order, where the next page begins if there is one, and how many there are if that was asked."""

    rows: Sequence[R]
    tail: Mark | None
    total: Total | None


@dataclass(slots=True)
class _Walk(Generic[R]):
    """Matching rows one after the other, as long as any may be read."""

    source: Source[R]
    place: Position | None
    may_read: int
    ended: bool = False
    ahead: list[R] = field(default_factory=list)

    def rows(self, chunk: int) -> Iterator[R]:
        """The rows behind `place`, which follows them."""
        while True:
            for row in self.ahead:
                self.place = self.source.place(row)
                if self.source.matches is None or self.source.matches(row):
                    yield row
            if self.ended or self.may_read <= 0:
                return
            asked = min(chunk, self.may_read)
            self.ahead = list(self.source.read(asked, self.place))
            self.may_read -= max(1, len(self.ahead))
            self.ended = len(self.ahead) < asked


def page_of(source: Source[R], query: ListQuery, mark: Mark | None) -> Page[R]:
    """One page. Where rows are filtered, no more than 2,000 are read: it may be short, even empty, and have a tail.

    What of the offset could not be passed over goes along with the tail. Of a dense source as many are read as are counted
    elsewhere, 10,000.
    """
    place, skip = (mark.position, mark.skip) if mark is not None else (None, query.offset)
    counts = query.total and mark is None
    whole = skip + query.limit + 1
    served = source.matches is None
    walk = _Walk(source, place, _may_read(source, whole))
    shown: list[R] = []
    matched = 0
    for row in walk.rows(_chunk(source, whole, counts=counts)):
        matched += 1
        if skip < matched < whole:
            shown.append(row)
        if matched == whole and (served or not counts):
            break
    more = matched >= whole
    tail = None
    if more:
        last = source.place(shown[-1])
        tail = Mark(last.at, last.id)
    elif not walk.ended and walk.place is not None:
        tail = Mark(walk.place.at, walk.place.id, skip=max(0, skip - matched))
    return Page(shown, tail, _total(source, matched, walk.ended) if counts else None)


def _may_read(source: Source[R], whole: int) -> int:
    if source.matches is None:
        return whole
    return max(whole, limits.MAX_COUNTED_ROWS + 1) if source.dense else limits.MAX_FILTERED_ROWS


def _chunk(source: Source[R], whole: int, *, counts: bool) -> int:
    if source.matches is None:
        return whole
    return min(whole, _CHUNK) if source.dense and not counts else _CHUNK


def _total(source: Source[R], matched: int, ended: bool) -> Total:
    if source.matches is not None:
        most = limits.MAX_COUNTED_ROWS
        return Total(min(matched, most), at_least=not ended or matched > most)
    count = source.count(limits.MAX_COUNTED_ROWS)
    return Total(min(count, limits.MAX_COUNTED_ROWS), count > limits.MAX_COUNTED_ROWS)
