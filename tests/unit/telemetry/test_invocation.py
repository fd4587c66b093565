"""An invocation knows what it used, in every thread, and when its time is up."""

import time

import pytest

from chalicelib.adapters.together import map_together
from chalicelib.telemetry.invocation import InvocationMeter, current, invoked
from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.measures import Measures


def test_calls_made_at_once_count_for_the_invocation_that_makes_them() -> None:
    def call(units: float) -> float:
        invocation = current()
        assert invocation is not None
        invocation.consumed(units, 2 * units)
        return units

    with invoked(1) as one, invoked(1) as two:
        assert map_together(call, [1.0, 2.0, 3.0], 2) == [1.0, 2.0, 3.0]
    assert (one.read_units, one.write_units) == (0, 0)
    assert (two.read_units, two.write_units) == (6, 12)


def test_the_first_error_of_calls_made_at_once_is_raised() -> None:
    begun: list[int] = []

    def divide(number: int) -> int:
        begun.append(number)
        time.sleep(0.01 if number else 0)
        return 1 // number

    with pytest.raises(ZeroDivisionError):
        map_together(divide, [0, *range(1, 1000)], 1)
    assert len(begun) < 1000


def test_outside_of_an_invocation_nothing_is_counted() -> None:
    InvocationMeter().count(Measures(tasks_created=1))
    assert current() is None


def test_time_is_up_when_the_budget_is_spent() -> None:
    now = [100.0]
    with invoked(18, lambda: now[0]) as invocation:
        now[0] += 17.9
        invocation.require_time()
        now[0] += 0.1
        with pytest.raises(UnavailableError):
            invocation.require_time()
    assert invocation.elapsed_s == pytest.approx(18)
