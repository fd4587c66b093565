"""The app on AWS (moto) answers as the SDK's in-memory Foreman does, field by field."""

from collections.abc import Iterator

import pytest

from chalicelib.adapters.aws import aws_ports
from chalicelib.bootstrap import Services
from chalicelib.telemetry.invocation import InvocationMeter
from foreman_client.testing import ForemanTest
from foreman_engine.service.keys import create_key
from foreman_engine.service.metering import metered
from tests.app_transport import client_of
from tests.contract.backends import moto_aws
from tests.factories import Api
from tests.unit.testing.scenarios import SCENARIOS, told

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with moto_aws() as (settings, session):
        yield Services(settings, metered(aws_ports(settings, session), InvocationMeter()))


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_says_what_the_test_kit_says(name: str, services: Services) -> None:
    _, key = create_key(services.ports, f"org-{name}", services.settings.stage, unlimited=True)
    with client_of(Api(services, key, f"org-{name}")) as client, ForemanTest() as foreman:
        assert told(client, name) == told(foreman.client, name)
