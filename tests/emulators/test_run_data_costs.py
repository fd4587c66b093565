"""What queries over run data cost, counted in AWS's read units on DynamoDB Local."""

from collections.abc import Iterator

import pytest

from benchmarks.dynamodb_local_install import DynamoDbLocal
from benchmarks.run_data_cases import ALIKE, BOUNDED, FEW, Case, key_by_key
from benchmarks.run_data_costs import Cost, Lab, lab
from foreman_engine.domain.query import DataQuery
from foreman_engine.domain.search import Search

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def made(dynamodb_local: DynamoDbLocal) -> Iterator[Lab]:
    with lab(dynamodb_local) as one:
        yield one


def test_the_read_of_the_run_that_every_query_begins_with_costs_a_unit(made: Lab) -> None:
    assert made.run_read(key_by_key, FEW) == Cost(1.0, 1)


@pytest.mark.parametrize("case", ALIKE, ids=lambda case: case.name)
def test_a_page_costs_the_same_of_a_hundred_entries_and_of_many_thousand(made: Lab, case: Case) -> None:
    (few_rows, few), (many_rows, many) = made.measure(case, FEW), made.measure(case, case.most)
    print(case.name, few, many)
    assert len(few_rows.data) == len(many_rows.data) == case.rows
    assert many.read_units == pytest.approx(few.read_units, abs=1)  # a page begins anywhere in its 4 KB
    assert many.requests <= few.requests + 1
    assert many.read_units <= 25


@pytest.mark.parametrize("case", BOUNDED, ids=lambda case: case.name)
def test_a_query_keeps_to_its_budget(made: Lab, case: Case) -> None:
    page, cost = made.measure(case, case.most)
    print(case.name, cost)
    keys = [row.key for row in page.data]
    assert len(keys) == len(set(keys)) == case.rows
    if isinstance(case.query, DataQuery) and case.query.sort_by == "key":
        assert keys == sorted(keys, reverse=not case.ascending)
    assert cost.read_units <= case.at_most


def test_a_search_reads_little_more_of_the_index_than_its_page_and_no_entry_but_the_pages(made: Lab) -> None:
    case = next(case for case in ALIKE if isinstance(case.query, Search))
    page, cost = made.measure(case, case.most)
    index, entries = 8, 1
    assert cost.requests == index + entries
    assert cost.read_units <= index * 0.5 + len(page.data)
