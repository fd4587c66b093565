"""What a task and an entry of run data cost, counted in DynamoDB's write units on MiniStack, whose write capacity is AWS's."""

import pytest

from benchmarks import run_data_writes
from benchmarks.emulated import emulated_ports
from benchmarks.write_units import measure

BUDGET = 7.5

pytestmark = pytest.mark.emulator


def test_a_task_stays_within_its_budget_of_write_units() -> None:
    with emulated_ports() as (ports, usage):
        cost = measure(ports, usage, tasks=20)
    print(cost)
    assert cost.total <= BUDGET
    assert (cost.create, cost.claim, cost.report) == pytest.approx((2.4, 1.1, 3.2), abs=0.05)


def test_an_entry_costs_5_write_units_and_3_for_each_tag() -> None:
    with emulated_ports() as (ports, usage):
        units = run_data_writes.measure(ports, usage)
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
