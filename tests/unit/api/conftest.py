"""What tests of the API begin with."""

from typing import Any

import pytest

from tests.factories import Api
from tests.unit.api.data_flows import RunData
from tests.unit.api.flows import make_graph


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
