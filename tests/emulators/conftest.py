"""Stand-ins that some tests need and not every machine has."""

import pytest

from benchmarks.dynamodb_local_install import DynamoDbLocal, dynamodb_local_installed
from tests.contract.needed import needed


@pytest.fixture(scope="session")
def dynamodb_local(request: pytest.FixtureRequest) -> DynamoDbLocal:
    """DynamoDB Local, installed. Without Java or npm its tests are skipped here, and fail where nobody would notice."""
    return needed(request, dynamodb_local_installed)
