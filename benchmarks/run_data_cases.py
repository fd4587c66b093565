"""Runs of many entries, and what is asked of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from benchmarks.run_data_seed import NewEntry
from foreman_engine.domain.query import DataQuery
from foreman_engine.domain.search import Search

FEW: Final = 100
MANY: Final = 20_000
_SHELF: Final = 200
_PRIME: Final = 7919
"""Spreads numbers: it has no divisor in common with any size."""

Shape: TypeAlias = Callable[[int], Iterator[NewEntry]]
"""So many entries, the oldest first."""


def key_of(number: int) -> str:
    """A key of those of `distinct`; two hundred share a beginning."""
    return f"shelf-{number // _SHELF:03d}/item-{number:05d}"


def distinct(size: int) -> Iterator[NewEntry]:
    """Each key once, in no order; one tag on all of them, one on every tenth and one on twenty."""
    for place in range(size):
        number = place * _PRIME % size
        tags = ["common"]
        tags += ["tenth"] * (number % 10 == 0)
        tags += ["rare"] * (number % (size // 20) == 0)
        yield NewEntry(key_of(number), tuple(tags))


def one_key(size: int) -> Iterator[NewEntry]:
    """Every entry a version of one key."""
    return (NewEntry("progress") for _ in range(size))


def key_by_key(size: int) -> Iterator[NewEntry]:
    """A hundred versions of a key, then a hundred of the next."""
    return (NewEntry(f"step-{number // 100:03d}") for number in range(size))


def round_robin(size: int) -> Iterator[NewEntry]:
    """A version of each of 200 keys, then another of each."""
    return (NewEntry(f"step-{number % 200:03d}") for number in range(size))


@dataclass(frozen=True, slots=True)
class Case:
    """A page that is asked for; `rows` is how many there must be."""

    name: str
    shape: Shape
    query: DataQuery | Search
    limit: int = 20
    total: bool = False
    by_cursor: bool = False
    in_front: int = 0
    """Rows of the pages in front of a page by cursor; 0: half of them, or a thousand."""
    most: int = MANY
    rows: int = 20
    at_most: float = 0
    """Read units."""

    @property
    def ascending(self) -> bool:
        """The direction."""
        return isinstance(self.query, DataQuery) and self.query.ascending


def _alike() -> Iterator[Case]:
    """What costs the same however many entries there are."""
    for up in (False, True):
        order = "ascending" if up else "descending"
        yield Case(f"every version, {order}", distinct, DataQuery(include_all=True, ascending=up))
        yield Case(f"newest per key, {order}", distinct, DataQuery(ascending=up))
        for every in (False, True):
            by_key = DataQuery(sort_by="key", include_all=every, ascending=up)
            name = f"by key, {'every version' if every else 'newest per key'}, {order}"
            yield Case(name, distinct, by_key)
            yield Case(f"{name}, key prefix", distinct, replace(by_key, key_starts_with=("shelf-",)))
            yield Case(f"{name}, tag", distinct, replace(by_key, tags=("common",)))
        versions = DataQuery(key="progress", include_all=True, ascending=up)
        yield Case(f"versions of one key, {order}", one_key, versions, most=10_000)
    yield Case("across runs, key prefix", distinct, Search(key_prefix="shelf-"))
    yield Case("across runs, tag", distinct, Search(tag="common"))
    yield Case("across runs, tag prefix", distinct, Search(tag_prefix="comm"))
    yield Case("across runs, tag and key prefix", distinct, Search(tag="common", key_prefix="shelf-"))


def _of_200_keys() -> Iterator[Case]:
    """The newest of each of 200 keys of 100 versions."""
    for shape in (key_by_key, round_robin):
        for sort_by in ("created_at", "key"):
            for up in (False, True):
                query = DataQuery(sort_by="key" if sort_by == "key" else "created_at", ascending=up)
                name = f"200 keys {shape.__name__}, {sort_by} {'ascending' if up else 'descending'}"
                for limit in (100, 1000):
                    case = Case(f"{name}, {limit}", shape, query, limit, rows=min(limit, 200), at_most=450)
                    yield replace(case, name=f"{case.name} and total", total=True)
                    yield case
                yield Case(
                    f"{name}, by cursor",
                    shape,
                    query,
                    100,
                    by_cursor=True,
                    in_front=100,
                    rows=100,
                    at_most=450,
                )


def _bounded() -> Iterator[Case]:
    """What may cost so much and no more, with its total."""

    def case(name: str, query: DataQuery, at_most: float) -> Case:
        return Case(name, distinct, query, 100, total=True, at_most=at_most)

    both = DataQuery(tags=("common", "rare"), tag_mode="all")
    yield Case(
        "newest of 10,000 versions",
        one_key,
        DataQuery(key="progress"),
        100,
        True,
        most=10_000,
        rows=1,
        at_most=4,
    )
    yield from _of_200_keys()
    yield case("tag of 20", DataQuery(tags=("rare",)), 30)
    yield case("tag of 2,000 and key prefix", DataQuery(tags=("tenth",), key_starts_with=("shelf-042/",)), 30)
    yield case("tag of 20 and tag of all", replace(both, tags=("rare", "common")), 50)
    yield case("tag of all and tag of 20", both, 50)
    yield case("tag of all and tag of 20, every version", replace(both, include_all=True), 50)
    yield case("20 keys", DataQuery(keys=tuple(key_of(number * 997) for number in range(20))), 41)
    yield case("glob behind 200 keys' beginning", DataQuery(key_pattern="shelf-042/item-*7"), 30)


ALIKE: Final = tuple(
    replace(case, name=f"{case.name}, by cursor" if by_cursor else case.name, by_cursor=by_cursor)
    for case in _alike()
    for by_cursor in (False, True)
)
BOUNDED: Final = tuple(_bounded())
