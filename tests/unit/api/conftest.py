"""The API on memory ports."""

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import Api, memory_api
from tests.unit.api.data_flows import RunData


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
def data(api: Api) -> RunData:
    return RunData.of(api)
