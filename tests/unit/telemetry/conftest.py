"""The API on memory ports, and what it writes."""

from collections.abc import Iterator

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import Api, memory_api
from tests.lines import Log, logged


@pytest.fixture
def world() -> tuple[Api, ManualClock]:
    return memory_api()


@pytest.fixture
def api(world: tuple[Api, ManualClock]) -> Api:
    return world[0]


@pytest.fixture
def clock(world: tuple[Api, ManualClock]) -> ManualClock:
    return world[1]


@pytest.fixture
def log() -> Iterator[Log]:
    with logged() as written:
        yield written
