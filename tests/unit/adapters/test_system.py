"""The system's clock and ids."""

import time

from chalicelib.adapters.system import SystemClock, system_ids
from foreman_engine.domain.ids import run_address


def test_the_clock_tells_epoch_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= SystemClock().now_ms() <= time.time_ns() // 1_000_000


def test_ids_of_two_processes_differ() -> None:
    one, other = system_ids(), system_ids()
    now = SystemClock().now_ms()
    assert run_address(one.run_id(now)) != run_address(other.run_id(now))
    assert one.secret() != other.secret()
    assert 0 <= one.uniform() < 1
