"""Forged cursors of run data: a place to go on from or refused, on a real DynamoDB as well, which is strict about ranges."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from foreman_engine.domain.errors import InvalidCursorError
from foreman_engine.domain.query import DataQuery
from foreman_engine.domain.search import Search
from foreman_engine.service.data_search import search_entries
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from tests.contract.backends import ON_DYNAMODB
from tests.contract.data_world import DataWorld
from tests.contract.states import Maker
from tests.unit.api.data_flows import opened, sealed
from tests.unit.api.test_data_cursors import forged

pytestmark = ON_DYNAMODB


@pytest.fixture
def run(ports: Ports, make: Maker) -> DataWorld:
    run = DataWorld(ports, make.org_id)
    for number in range(12):
        run.write(f"k{number % 2}", ("t", "t2"))
    return run


def texts(parts: list[Any]) -> list[list[Any]]:
    """The same cursor at other keys and tags."""
    return [
        [*parts[:4], *[text] * len(parts[4:])] for text in ("", "a", "k0\x01", "k0\x7f", "z", "\U0010ffff")
    ]


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize(
    "query", [DataQuery(), DataQuery(sort_by="key"), DataQuery(tags=("t",), sort_by="key", include_all=True)]
)
def test_a_forged_cursor_of_a_run_is_a_place_or_refused(
    run: DataWorld, query: DataQuery, ascending: bool
) -> None:
    query = replace(query, ascending=ascending)
    cursor = run.page(query, 1).pagination.next_cursor
    assert cursor is not None
    parts = opened(cursor)
    known = {entry.id for entry in run.entries}
    for each in (*forged(parts), *texts(parts)):
        with suppress(InvalidCursorError):
            page = run.page(query, 5, cursor=sealed(each))
            assert {entry.id for entry in page.data} <= known


@pytest.mark.parametrize(
    "search", [Search(key="k0"), Search(tag="t", key_prefix="k"), Search(tag_prefix="t")]
)
def test_a_forged_cursor_of_a_search_is_a_place_or_refused(run: DataWorld, search: Search) -> None:
    def page(limit: int, cursor: str | None = None) -> Any:
        return search_entries(run.ports, run.org_id, search, ListQuery(limit=limit, cursor=cursor))

    whole, parts = page(100).data, opened(page(1).pagination.next_cursor)
    for each in (*forged(parts), *texts(parts)):
        with suppress(InvalidCursorError):
            assert all(entry in whole for entry in page(100, sealed(each)).data)
