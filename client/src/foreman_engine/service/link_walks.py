"""Walking the entries that match a plan, in the order of key and then id, by reading nothing but links.

A clause of tags is a union of sorted links, several clauses are an intersection: whoever is behind is told to catch up with
whoever is furthest ("leapfrog"), and whoever led to a match leads to the next, so the rarest tag sets the pace.
Source: T. Veldhuizen, "Leapfrog Triejoin: a simple, worst-case optimal join algorithm", ICDT 2014.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from foreman_engine.domain.errors import QueryTooBroadError
from foreman_engine.domain.key_filter import KeyFilter
from foreman_engine.domain.links import (
    AFTER_IDS,
    FIRST,
    LAST,
    Link,
    TagLink,
    behind,
    behind_key,
    end_of_prefix,
)
from foreman_engine.domain.query import Clause, Plan, Term
from foreman_engine.service.link_reader import Fetch, LinkReader, Meter, OutOfRowsError
from foreman_engine.service.run_data_store import RunDataStore

MAX_READ_ROWS: Final = 500_000
"""Links that one request reads at most, some 18,000 read units: about ten seconds of an answer's half minute."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a walk goes: the links of one run, in one direction."""

    store: RunDataStore
    org_id: str
    run_id: str
    ascending: bool


def too_broad(limit: int, what: str) -> QueryTooBroadError:
    """The refusal of a query that would need more."""
    text = f"The query is too broad: it has more than {limit} {what}. Narrow it, or sort by key and page through it."
    return QueryTooBroadError(text)


class Source(Protocol):
    """Sorted links; places must be asked for in walking order."""

    def first(self, place: Link) -> Link | None:
        """The first link at or behind `place`."""


class LinkSource:
    """The links of all keys, or of one tag, as far as the key filter's spans go."""

    def __init__(self, ground: Ground, tag: str | None, keys: KeyFilter, expected: int, meter: Meter) -> None:
        def read(low: Link, high: Link, limit: int, ascending: bool) -> Sequence[Link]:
            return ground.store.links(
                ground.org_id, ground.run_id, tag, low, high, limit, ascending=ascending
            )

        self._ascending = ground.ascending
        self._keys = keys
        self._reader = LinkReader(Fetch(read, ground.ascending, expected), meter)

    def first(self, place: Link) -> Link | None:
        """The first link at or behind `place`."""
        while (sought := self._keys.seek(place, ascending=self._ascending)) is not None:
            link = self._reader.first(*sought)
            if link is not None:
                return link
            _, place = sought
        return None


class PrefixSource:
    """The links of every tag that begins with a prefix: collected at the first question, because they lie by tag."""

    def __init__(self, ground: Ground, prefix: str, keys: KeyFilter, *, newest: bool) -> None:
        self._ground = ground
        self._prefix = prefix
        self._keys = keys
        self._newest = newest
        self._links: list[Link] | None = None

    def first(self, place: Link) -> Link | None:
        """The first link at or behind `place`."""
        if self._links is None:
            try:
                self._links = sorted(set(self._collected()))
            except OutOfRowsError as spent:
                raise too_broad(MAX_READ_ROWS, "rows to read") from spent
        if self._ground.ascending:
            at = bisect_left(self._links, place)
            return self._links[at] if at < len(self._links) else None
        at = bisect_right(self._links, place)
        return self._links[at - 1] if at else None

    def _collected(self) -> Iterable[Link]:
        """Newest first, so that with `newest` the rest of a tag's key can be skipped."""
        ground = self._ground

        def read(low: TagLink, high: TagLink, limit: int, ascending: bool) -> Sequence[TagLink]:
            return ground.store.tag_links(ground.org_id, ground.run_id, low, high, limit, ascending=ascending)

        reader = LinkReader(Fetch(read, ascending=False), Meter(MAX_READ_ROWS))
        end, place = TagLink(self._prefix, "", ""), TagLink(end_of_prefix(self._prefix), "", "")
        while (found := reader.first(place, end)) is not None:
            link = Link(found.key, found.entry_id)
            sought = self._keys.seek(link, ascending=False)
            if sought is None:
                place = TagLink(found.tag, "", "")
            elif sought[0] != link:
                place = TagLink(found.tag, *sought[0])
            else:
                yield link
                place = TagLink(found.tag, found.key, "") if self._newest else behind(found, ascending=False)


class _Union:
    """The links of any of some sources."""

    def __init__(self, sources: Sequence[Source], *, ascending: bool) -> None:
        self._heads: list[tuple[Source, Link]] | None = None
        self._sources = sources
        self._ascending = ascending

    def first(self, place: Link) -> Link | None:
        """The first link at or behind `place`."""
        if self._heads is None:
            asked = ((source, source.first(place)) for source in self._sources)
        else:
            asked = ((source, self._caught_up(source, head, place)) for source, head in self._heads)
        self._heads = [(source, head) for source, head in asked if head is not None]
        heads = [head for _, head in self._heads]
        return None if not heads else min(heads) if self._ascending else max(heads)

    def _caught_up(self, source: Source, head: Link, place: Link) -> Link | None:
        return source.first(place) if (head < place if self._ascending else head > place) else head


class SpentError(Exception):
    """No more rows may be read; there is no match before `place`."""

    def __init__(self, place: Link) -> None:
        super().__init__("spent")
        self.place = place


class Matches:
    """The links of the entries that match a plan, every version of them."""

    def __init__(self, ground: Ground, plan: Plan, expected: int, meter: Meter) -> None:
        self._keys = plan.keys
        self._ascending = ground.ascending
        self._meter = meter
        self._sources = _sources(ground, plan, expected, meter)
        self._began_at: Link | None = None
        self._leader = 0

    def first(self, place: Link) -> Link | None:
        """The first match at or behind `place`.

        Raises:
            SpentError: the meter ran out before a match or the end, and behind the place where the walk began.
        """
        self._began_at = self._began_at or place
        agreed, turn = 0, self._leader
        while True:
            # A walk that went no step could be sent to the same place for ever.
            self._meter.overdraft = place == self._began_at
            try:
                link = self._sources[turn].first(place)
            except OutOfRowsError as spent:
                raise SpentError(place) from spent
            if link is None:
                return None
            if link != place:
                agreed, self._leader = 0, turn
            place, agreed, turn = link, agreed + 1, (turn + 1) % len(self._sources)
            if agreed < len(self._sources):
                continue
            if self._keys.accepts(link.key):
                return link
            place, agreed = behind_key(link.key, ascending=self._ascending), 0
            turn = self._leader


def _sources(ground: Ground, plan: Plan, expected: int, meter: Meter) -> list[Source]:
    """One for each clause. Versions may be skipped early only where no other clause may want an older one."""
    if not plan.clauses:
        return [LinkSource(ground, None, plan.keys, expected, meter)]
    alone = len(plan.clauses) == 1
    newest = plan.newest and alone

    def source(term: Term) -> Source:
        if term.prefix:
            return PrefixSource(ground, term.tag, plan.keys, newest=newest)
        return LinkSource(ground, term.tag, plan.keys, expected if alone else 0, meter)

    def union(clause: Clause) -> Source:
        return _Union([source(term) for term in clause], ascending=ground.ascending)

    # Exact tags first: where one of them is unknown, nothing has to be collected.
    clauses = sorted(plan.clauses, key=lambda clause: any(term.prefix for term in clause))
    return [union(clause) for clause in clauses]


class Walk:
    """A walk over the matches of a plan: all of them, or with `plan.newest` the newest of each key."""

    def __init__(
        self, ground: Ground, plan: Plan, meter: Meter, start: Link | None = None, expected: int = 0
    ) -> None:
        self.place = start if start is not None else FIRST if ground.ascending else LAST
        """Where it goes on."""
        self.ended = False
        self._ground = ground
        self._plan = plan
        self._matches = Matches(ground, plan, 0 if plan.newest else expected, meter)

    def skip(self, count: int) -> int:
        """Pass over the next `count` links: how many there were."""
        return len(self._go(count))

    def take(self, count: int) -> list[Link]:
        """The next `count` links; fewer at the end, or when the meter ran out."""
        taken = self._go(count)
        return self._newest(taken) if taken and self._plan.newest and self._ground.ascending else taken

    def _go(self, count: int) -> list[Link]:
        """The next links in walking order: of each key its first, where only one is wanted."""
        taken: list[Link] = []
        while len(taken) < count and not self.ended:
            try:
                link = self._matches.first(self.place)
            except SpentError as spent:
                self.place = spent.place
                break
            if link is None:
                self.ended = True
                break
            taken.append(link)
            self.place = self._plan.behind(link, ascending=self._ground.ascending)
        return taken

    def _newest(self, oldest: Sequence[Link]) -> list[Link]:
        """The newest match of each key whose oldest was found on the way up: found on the way down through the same keys."""
        ground = replace(self._ground, ascending=False)
        matches = Matches(ground, self._plan, 0, Meter(MAX_READ_ROWS))
        newest: list[Link] = []
        for link in reversed(oldest):
            try:
                found = matches.first(Link(link.key, AFTER_IDS))
            except SpentError as spent:
                raise too_broad(MAX_READ_ROWS, "rows to read") from spent
            newest.append(found if found is not None and found.key == link.key else link)
        return newest[::-1]
