"""What a task costs, counted in DynamoDB's write units on MiniStack, whose write capacity is AWS's."""

import pytest

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
