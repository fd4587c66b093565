"""Reading sorted links in pages: on while they are wanted, with a jump when a page would be wasted.

DynamoDB bills a query by 4 KB read, so a jump costs no less than the page that it saves and is worth it only beyond what was
read already. A page is about 4 KB at first, and again behind a page of which little was wanted; while each 4 KB of a page
hold more than one wanted link, reading on is cheaper than jumping from one to the next, and the next page is twice as long.
Source: "Provisioned capacity mode: read and write capacity units", Amazon DynamoDB Developer Guide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic

from foreman_engine.domain.links import AnyLink

_UNIT_BYTES: Final = 3500
"""What a page of about one read unit may weigh; the rest of its 4,096 bytes is for links longer than the average."""
_LINK_BYTES: Final = 130
"""Of a link without its key and tag, at most: names, partition key, id and the key of its index."""
_GUESSED_KEY_BYTES: Final = 24
_MAX_PAGE: Final = 2000
_MANY_READS: Final = 400
"""After so many reads time matters more than units: a page of 2,000 takes no longer than a dozen jumps."""


class OutOfRowsError(Exception):
    """Another page was needed, and no more rows may be read."""


@dataclass(slots=True)
class Meter:
    """How many rows may be read yet; an empty page counts as one. With `overdraft` reading goes on all the same."""

    left: int
    overdraft: bool = False

    def count(self, rows: int) -> None:
        """Note a page."""
        self.left -= max(1, rows)


@dataclass(frozen=True, slots=True)
class Fetch(Generic[AnyLink]):
    """Where links come from: `read(low, high, limit, ascending)` gives the first `limit` from `low` to `high`, both included.

    Fewer than `limit` mean that there are no more.
    """

    read: Callable[[AnyLink, AnyLink, int, bool], Sequence[AnyLink]]
    ascending: bool
    expected: int = 0
    """How many links a caller who skips none will want at least; 0: it may skip."""


class LinkReader(Generic[AnyLink]):
    """Finds the first link at or behind a place; places must be asked for in walking order."""

    def __init__(self, fetch: Fetch[AnyLink], meter: Meter) -> None:
        self._fetch: Fetch[AnyLink] = fetch
        self._meter = meter
        self._page: Sequence[AnyLink] = ()
        self._at = 0
        self._used = 0
        self._known_to: AnyLink | None = None
        """Up to here, included, the page has every link."""
        self._limit = 0
        self._reads = 0
        self._links = 0
        self._text_bytes = 0

    def first(self, place: AnyLink, end: AnyLink) -> AnyLink | None:
        """The first link from `place` to `end`, both included, in walking order.

        Raises:
            OutOfRowsError: the meter allows no further page.
        """
        while True:
            link = self._on_page(place)
            if link is not None:
                return None if self._is_before(end, link) else link
            if self._known_to is not None and not self._is_before(self._known_to, end):
                return None
            self._read(place, end)

    def _on_page(self, place: AnyLink) -> AnyLink | None:
        before = self._at
        while self._at < len(self._page) and self._is_before(self._page[self._at], place):
            self._at += 1
        if self._at == len(self._page):
            return None
        self._used += self._at > before or not self._used
        return self._page[self._at]

    def _is_before(self, one: AnyLink, other: AnyLink) -> bool:
        return one < other if self._fetch.ascending else one > other

    def _read(self, place: AnyLink, end: AnyLink) -> None:
        if self._meter.left <= 0 and not self._meter.overdraft:
            raise OutOfRowsError
        self._limit = min(self._next_limit(), max(1, self._meter.left))
        low, high = (place, end) if self._fetch.ascending else (end, place)
        self._page = self._fetch.read(low, high, self._limit, self._fetch.ascending)
        self._at = self._used = 0
        self._known_to = end if len(self._page) < self._limit else self._page[-1]
        self._meter.count(len(self._page))
        self._reads += 1
        self._links += len(self._page)
        self._text_bytes += sum(len(text.encode()) for link in self._page for text in link[:-1])

    def _next_limit(self) -> int:
        """Twice as many as in a full page whose every read unit was used more than once; else what one unit gives."""
        text_bytes = self._text_bytes // self._links if self._links else _GUESSED_KEY_BYTES
        unit = max(1, _UNIT_BYTES // (_LINK_BYTES + text_bytes))
        if self._limit == len(self._page) and self._used > max(1.0, self._limit / unit):
            return min(2 * self._limit, _MAX_PAGE)
        if self._reads > _MANY_READS:
            return _MAX_PAGE
        return min(max(unit, self._fetch.expected), _MAX_PAGE)
