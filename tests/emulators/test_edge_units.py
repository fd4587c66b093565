"""What dependencies cost, counted in DynamoDB's write units on MiniStack, whose write capacity is AWS's."""

from collections.abc import Iterator

import pytest

from benchmarks.edge_units import chain, fan_out, joined
from benchmarks.emulated import Usage, emulated_ports
from foreman_engine.service.ports import Ports

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def emulated() -> Iterator[tuple[Ports, Usage]]:
    with emulated_ports() as found:
        yield found


def test_an_edge_is_one_write_unit_and_a_release_is_one_in_a_fan_out(emulated: tuple[Ports, Usage]) -> None:
    cost = fan_out(*emulated)
    print(cost)
    assert (cost.declare, cost.release) == pytest.approx((1.0, 1.0), abs=0.05)


def test_an_edge_is_one_write_unit_and_a_release_is_one_in_a_chain(emulated: tuple[Ports, Usage]) -> None:
    cost = chain(*emulated)
    print(cost)
    assert (cost.declare, cost.release) == pytest.approx((1.0, 1.0), abs=0.05)


def test_an_edge_to_an_open_task_outside_the_call_is_three_write_units(
    emulated: tuple[Ports, Usage],
) -> None:
    cost = joined(*emulated)
    print(cost)
    assert cost.declare == pytest.approx(3.0, abs=0.1)
