"""The in-memory Foreman answers as the app does, field by field."""

import pytest

from foreman_client.testing import ForemanTest
from tests.app_transport import client_of
from tests.factories import memory_api
from tests.unit.testing.scenarios import SCENARIOS, told


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_says_what_the_app_says(name: str, foreman: ForemanTest) -> None:
    api, _ = memory_api()
    with client_of(api) as client:
        assert told(foreman.client, name) == told(client, name)
