"""Queries of run data, on memory and on DynamoDB Local, against a list that is filtered by hand."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreman_contract import limits
from foreman_engine.domain.query import DataQuery
from foreman_engine.service import data_queries, data_timeline, link_reader
from foreman_engine.service.ports import Ports
from tests.contract.backends import ON_DYNAMODB
from tests.contract.data_model import Step, answer, queries, steps
from tests.contract.data_world import DataWorld

pytestmark = ON_DYNAMODB

_RUNS = itertools.count(1)


@pytest.fixture(params=["one page", "tiny pages"])
def pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Reads of two or three rows make a handful of entries as good as thousands."""
    if request.param == "tiny pages":
        monkeypatch.setattr(link_reader, "_UNIT_BYTES", 300)
        monkeypatch.setattr(link_reader, "_MAX_PAGE", 3)
        monkeypatch.setattr(data_timeline, "_CHUNK", 2)
        monkeypatch.setattr(data_timeline, "_FIRST_CHUNK", 2)
        monkeypatch.setattr(data_queries, "_LONG_PAGE", 3)
    return str(request.param)


@pytest.fixture
def world(ports: Ports, pages: str) -> Callable[[], DataWorld]:
    return lambda: DataWorld(ports, f"data-{next(_RUNS)}")


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    changes=st.lists(steps, min_size=3, max_size=14),
    asked=st.lists(st.tuples(queries(), st.integers(1, 5), st.integers(0, 6)), min_size=4, max_size=8),
)
def test_every_query_answers_what_a_list_would(
    world: Callable[[], DataWorld], changes: list[Step], asked: list[tuple[DataQuery, int, int]]
) -> None:
    run = world()
    for change in changes:
        run.take(change)
    for query, limit, offset in asked:
        wanted = answer(run.entries, query)
        rows, pages = run.walk(query, limit)
        assert rows == wanted
        assert run.walk(query, limit, total=False)[0] == wanted
        assert {page.pagination.total for page in pages} == {len(wanted)}
        assert not any(page.pagination.total_is_lower_bound for page in pages)
        assert run.page(query, limit, offset=offset, total=False).data == wanted[offset:][:limit]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    changes=st.lists(steps, min_size=6, max_size=14),
    asked=st.lists(st.tuples(queries(), st.integers(1, 5)), min_size=4, max_size=8),
)
def test_a_walk_in_bounded_steps_misses_nothing_and_its_total_is_a_lower_bound(
    world: Callable[[], DataWorld],
    changes: list[Step],
    asked: list[tuple[DataQuery, int]],
) -> None:
    run = world()
    for change in changes:
        run.take(change)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "MAX_FILTERED_ROWS", 2)
        patch.setattr(limits, "MAX_COUNTED_ROWS", 3)
        for query, limit in asked:
            wanted = answer(run.entries, query)
            rows, pages = run.walk(query, limit)
            assert rows == wanted
            first = pages[0].pagination
            assert first.total is not None
            if first.total_is_lower_bound:
                assert first.total <= len(wanted)
            else:
                assert first.total == len(wanted)
