"""A local stack for every end-to-end test that needs one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.localstack_venv import localstack_python
from tests.contract.needed import needed
from tests.e2e.processes import Stack, dev_stack
from tests.e2e.stand_ins import StandIns
from tests.e2e.stand_ins import stand_ins as both


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder starts real processes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An ephemeral local stack, shared by the session: endpoint, api_key, org_id, aws_endpoint_url, region, pid."""
    with dev_stack(tmp_path_factory.mktemp("stack") / "foreman", "--ephemeral") as (running, _):
        yield running


@pytest.fixture(scope="session")
def stand_ins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    """Two emulators for `chalice deploy`. Without a Python 3.13 its tests are skipped, and fail where nobody would notice."""
    python = needed(request, localstack_python)
    with both(python, tmp_path_factory.mktemp("stand-ins")) as up:
        yield up
