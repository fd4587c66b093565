"""A local stack for every end-to-end test that needs one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Stack, dev_stack


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
