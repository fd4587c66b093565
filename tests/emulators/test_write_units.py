"""What a task and a run cost, counted in DynamoDB's write units on MiniStack, whose write capacity is AWS's."""

from collections.abc import Iterator

import pytest

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
