"""The pytest fixture `foreman`. It stands outside of the SDK: pytest imports a plugin in every run, and this one costs nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from foreman_client.testing import ForemanTest


@pytest.fixture
def foreman() -> "Iterator[ForemanTest]":
    """An in-memory Foreman of this test's own: see `foreman_client.testing.ForemanTest`."""
    from foreman_client.testing import ForemanTest

    with ForemanTest() as foreman:
        yield foreman
