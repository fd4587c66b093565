"""The stage that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from chalicelib.bootstrap import build
from chalicelib.config import Settings
from foreman_client import Foreman, ForemanConfig, initialize_foreman_client
from foreman_engine.service.ports import Ports
from infra.local.environment import names
from tests.e2e.deployment import STAGE, Deployment, assert_removed, deployed, run_infra, worker_credentials


@pytest.fixture(scope="package")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Both stacks and an organization with a key; at the end both are removed, and nothing of them is left."""
    with deployed(tmp_path_factory.mktemp("deployed")) as up:
        yield up
        run_infra(up.environment(), "destroy", "--stage", STAGE, "--yes")
        assert_removed(up)


@pytest.fixture(scope="package")
def client(deployment: Deployment) -> Iterator[Foreman]:
    """The organization's application."""
    with initialize_foreman_client(ForemanConfig(deployment.endpoint, deployment.api_key)) as client:
        yield client


@pytest.fixture(scope="package")
def worker_keys(deployment: Deployment) -> tuple[str, str]:
    """What a worker process signs its calls to SQS with."""
    return worker_credentials(deployment)


@pytest.fixture
def ports(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Ports:
    """The deployed stage's own stores and queues, in this process."""
    for name, value in deployment.environment().items():
        monkeypatch.setenv(name, value)
    return build(Settings.from_env({**deployment.environment(), **names(STAGE, deployment.stage.outputs)}))
