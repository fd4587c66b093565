"""The API on memory ports."""

from typing import Any

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import Api, memory_api
from tests.unit.api.data_flows import RunData
from tests.unit.api.flows import make_graph


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


@pytest.fixture
def diamond(api: Api) -> dict[str, Any]:
    return make_graph(
        api,
        [
            {"ref": "last", "dependsOn": ["left", "right"]},
            {"ref": "left", "dependsOn": ["first"]},
            {"ref": "right", "dependsOn": ["first"]},
            {"ref": "first"},
        ],
    )
