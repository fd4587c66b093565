"""What the API writes on memory ports."""

from collections.abc import Iterator

import pytest

from tests.lines import Log, logged


@pytest.fixture
def log() -> Iterator[Log]:
    with logged() as written:
        yield written
