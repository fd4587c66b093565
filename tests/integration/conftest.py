"""What several integration tests share."""

from collections.abc import Iterator

import pytest

from tests.integration.crashes.world import World, crash_world


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    with crash_world() as made:
        yield made
