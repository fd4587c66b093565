"""The API on memory ports, and the clock that it goes by."""

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import Api, memory_api


@pytest.fixture
def world() -> tuple[Api, ManualClock]:
    return memory_api()


@pytest.fixture
def api(world: tuple[Api, ManualClock]) -> Api:
    return world[0]


@pytest.fixture
def clock(world: tuple[Api, ManualClock]) -> ManualClock:
    return world[1]
