"""What tasks, runs and entries of run data cost, counted in DynamoDB's write units on MiniStack, whose write capacity is AWS's."""

from collections.abc import Iterator

import pytest

from benchmarks import run_data_writes
from benchmarks.emulated import Usage, emulated_ports
from benchmarks.write_units import measure, measure_run
from foreman_engine.service.ports import Ports

BUDGET = 7.5

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def emulated() -> Iterator[tuple[Ports, Usage]]:
    with emulated_ports() as made:
        yield made


def test_a_task_stays_within_its_budget_of_write_units(emulated: tuple[Ports, Usage]) -> None:
    cost = measure(*emulated, tasks=20)
    print(cost)
    assert cost.total <= BUDGET + 0.001
    assert (cost.create, cost.claim, cost.report) == pytest.approx((3.4, 1.4, 2.7), abs=0.05)


def test_a_run_costs_what_its_records_and_its_indexes_do(emulated: tuple[Ports, Usage]) -> None:
    cost = measure_run(*emulated)
    print(cost)
    assert (cost.create, cost.start, cost.complete) == (6, 4, 7)


def test_an_entry_costs_5_write_units_and_3_for_each_tag(emulated: tuple[Ports, Usage]) -> None:
    units = run_data_writes.measure(*emulated)
    print(units)
    for tags, name in ((0, "0 tags"), (1, "1 tag"), (5, "5 tags")):
        # In a transaction every item counts twice, and a link once more in its index.
        links = 3 * (1 + tags)
        assert units[f"create, {name}"] == units[f"delete, {name}"] == 2 + links
        assert units[f"create, {name}, idempotency key"] == 4 + links
        # The value lies outside, in an item of 2 KB without any index.
        assert units[f"create, {name}, 2 KB"] == units[f"delete, {name}, 2 KB"] == 4 + links
    assert units["add a tag"] == units["remove a tag"] == 2 + 3
    assert units["add a tag and remove one"] == 2 + 3 + 3
    assert units["add a tag that is there"] == 0
    assert units["delete 100 versions of a key"] == 100 * 5
