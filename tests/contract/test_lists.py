"""Lists of runs and tasks, on memory and on DynamoDB Local, against a list that is filtered and sorted by hand."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreman_contract import limits
from foreman_contract.pages import Pagination
from foreman_engine.service import listing
from foreman_engine.service.ports import Ports
from tests.contract.backends import ON_DYNAMODB_LOCAL, ON_MEMORY
from tests.contract.list_model import Asked, Place, Step, lists, place, steps
from tests.contract.list_world import ListWorld, Page, Row

_ORGANIZATIONS = itertools.count(1)
Test = Callable[..., None]


@pytest.fixture
def world(ports: Ports) -> Callable[[], ListWorld]:
    return lambda: ListWorld(ports, f"lists-{next(_ORGANIZATIONS)}")


def tried(examples: int, **drawn: st.SearchStrategy[Any]) -> Callable[[Test], Test]:
    """So many examples of a test."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.differing_executors]
    wanted = settings(max_examples=examples, deadline=None, suppress_health_check=checks)
    return lambda test: wanted(given(**drawn)(test))


def same(first: Pagination, later: Pagination) -> bool:
    """Whether a later page repeats the total of the first."""
    return (first.total, first.total_is_lower_bound) == (later.total, later.total_is_lower_bound)


def is_right(told: Pagination, count: int) -> bool:
    """Whether a total is exact, or says that it is a lower bound and is one."""
    if told.total is None:
        return False
    return told.total <= count if told.total_is_lower_bound else told.total == count


def walk(world: ListWorld, asked: Asked, limit: int, **fields: Any) -> tuple[list[Row], list[Page]]:
    """Every row, page by page."""
    ids = world.ids_of(asked)
    pages = [world.page(asked, ids, limit, **fields)]
    while (cursor := pages[-1].pagination.next_cursor) is not None:
        assert len(pages) < 1000
        pages.append(world.page(asked, ids, limit, cursor=cursor))
    assert all(len(page.data) <= limit for page in pages)
    return [row for page in pages for row in page.data], pages


queries = st.tuples(lists(), st.integers(1, 6), st.integers(0, 8))


def a_list_is_a_plain_sort(
    world: ListWorld, changes: list[Step], asked: list[tuple[Asked, int, int]], *, exactly: bool
) -> None:
    for change in changes:
        world.take(change)
    for query, limit, offset in asked:
        wanted = world.rows(query, world.ids_of(query))
        rows, pages = walk(world, query, limit)
        assert rows == wanted
        first = pages[0].pagination
        assert is_right(first, len(wanted))
        assert not (exactly and first.total_is_lower_bound)
        assert all(same(first, page.pagination) for page in pages)
        behind, uncounted = walk(world, query, limit, offset=offset, total=False)
        assert behind == wanted[offset:]
        assert not exactly or uncounted[0].data == wanted[offset:][:limit]
        assert {page.pagination.total for page in uncounted} == {None}


def a_walk_sees_what_stays_once(
    world: ListWorld, before: list[Step], between: list[list[Step]], asked: Asked, limit: int
) -> None:
    for change in before:
        world.take(change)
    ids = world.ids_of(asked)
    staying = places(world.rows(asked, ids), asked)
    count = len(staying)
    held: set[Place] = set(staying)
    shown: Counter[Place] = Counter()
    cursor, first = None, None
    for turn in range(1000):
        now = places(world.rows(asked, ids), asked)
        page = world.page(asked, ids, limit, cursor=cursor)
        seen = places(page.data, asked)
        assert set(seen) <= set(now)
        assert seen == sorted(seen, reverse=not asked.ascending)
        shown.update(seen)
        first = first or page.pagination
        assert is_right(first, count)
        assert same(first, page.pagination)
        cursor = page.pagination.next_cursor
        if cursor is None:
            break
        for change in between[turn] if turn < len(between) else []:
            world.take(change)
            held &= set(places(world.rows(asked, ids), asked))
    assert cursor is None
    assert held <= set(shown)
    assert set(shown.values()) <= {1}


def places(rows: Sequence[Row], asked: Asked) -> list[Place]:
    return [where for row in rows if (where := place(row, asked.sort)) is not None]


written = st.lists(steps, min_size=3, max_size=14)
drawn = {
    "before": written,
    "between": st.lists(st.lists(steps, max_size=3), max_size=12),
    "asked": lists(),
    "limit": st.integers(1, 4),
}


@ON_MEMORY
@tried(150, changes=written, asked=st.lists(queries, min_size=4, max_size=8))
def test_every_list_is_a_plain_sort_in_memory(
    world: Callable[[], ListWorld], changes: list[Step], asked: list[tuple[Asked, int, int]]
) -> None:
    a_list_is_a_plain_sort(world(), changes, asked, exactly=True)


@ON_DYNAMODB_LOCAL
@tried(12, changes=written, asked=st.lists(queries, min_size=4, max_size=8))
def test_every_list_is_a_plain_sort_on_dynamodb(
    world: Callable[[], ListWorld], changes: list[Step], asked: list[tuple[Asked, int, int]]
) -> None:
    a_list_is_a_plain_sort(world(), changes, asked, exactly=True)


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows read, or three counted, make a handful of rows as good as thousands."""
    monkeypatch.setattr(limits, "MAX_FILTERED_ROWS", 2)
    monkeypatch.setattr(limits, "MAX_COUNTED_ROWS", 3)
    monkeypatch.setattr(listing, "_CHUNK", 2)


@pytest.mark.usefixtures("bounded")
@ON_MEMORY
@tried(100, changes=written, asked=st.lists(queries, min_size=4, max_size=8))
def test_a_list_in_bounded_steps_misses_nothing_and_its_total_is_a_lower_bound(
    world: Callable[[], ListWorld], changes: list[Step], asked: list[tuple[Asked, int, int]]
) -> None:
    a_list_is_a_plain_sort(world(), changes, asked, exactly=False)


@ON_MEMORY
@tried(300, **drawn)
def test_a_walk_in_memory_sees_once_what_stays_while_others_come_and_move(
    world: Callable[[], ListWorld], before: list[Step], between: list[list[Step]], asked: Asked, limit: int
) -> None:
    a_walk_sees_what_stays_once(world(), before, between, asked, limit)


@pytest.mark.usefixtures("bounded")
@ON_MEMORY
@tried(150, **drawn)
def test_a_walk_in_bounded_steps_sees_once_what_stays(
    world: Callable[[], ListWorld], before: list[Step], between: list[list[Step]], asked: Asked, limit: int
) -> None:
    a_walk_sees_what_stays_once(world(), before, between, asked, limit)


@ON_DYNAMODB_LOCAL
@tried(20, **drawn)
def test_a_walk_on_dynamodb_sees_once_what_stays_while_others_come_and_move(
    world: Callable[[], ListWorld], before: list[Step], between: list[list[Step]], asked: Asked, limit: int
) -> None:
    a_walk_sees_what_stays_once(world(), before, between, asked, limit)
