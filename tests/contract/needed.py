"""What tests need and this machine may not have: a test is skipped here without it, and fails where nobody would notice."""

import os
from collections.abc import Callable
from typing import TypeVar

import pytest

from benchmarks.installed import NotMadeError

T = TypeVar("T")


def needed(request: pytest.FixtureRequest, install: Callable[[Callable[[str], None]], T]) -> T:
    """What `install` makes, which tells people what takes long. If it cannot be had, skipped; under CI=true, failed."""
    plugins = request.config.pluginmanager
    terminal, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")

    def say(line: str) -> None:
        if terminal is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                terminal.write_line(f"\n{line}")

    try:
        return install(say)
    except NotMadeError as error:
        if os.environ.get("CI") == "true":  # noqa: TID251 - of the tests, not of Foreman
            pytest.fail(str(error))
        # `make test` wants Python and make alone; whoever has no Java or no Python 3.13 is told so, and CI has both.
        pytest.skip(str(error))
