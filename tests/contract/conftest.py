"""Fixtures of the conformance suite: a backend a module, an organization a test."""

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from foreman_engine.service.ports import Ports
from tests.contract.backends import BACKENDS, EVERY, Backend
from tests.contract.localstack import localstack
from tests.contract.localstack_venv import NotMadeError, localstack_python
from tests.contract.states import Maker

_ORGANIZATIONS = itertools.count(1)


@pytest.fixture(scope="session")
def localstack_interpreter(request: pytest.FixtureRequest) -> Path:
    """The Python that has LocalStack. Without one its tests are skipped here, and fail where nobody would notice."""
    plugins = request.config.pluginmanager
    terminal, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")

    def say(line: str) -> None:
        if terminal is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                terminal.write_line(f"\n{line}")

    try:
        return localstack_python(say)
    except NotMadeError as error:
        if os.environ.get("CI") == "true":  # noqa: TID251 - of the tests, not of Foreman
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def localstack_backend(localstack_interpreter: Path) -> Iterator[Backend]:
    """One LocalStack for every module that tests queues."""
    with localstack(localstack_interpreter) as made:
        yield made


@pytest.fixture(scope="module", params=EVERY)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    if request.param == "localstack":
        yield request.getfixturevalue("localstack_backend")
        return
    with ExitStack() as up:
        yield up.enter_context(BACKENDS[request.param]())


@pytest.fixture
def ports(backend: Backend) -> Ports:
    return backend.ports


@pytest.fixture
def make(ports: Ports) -> Maker:
    return Maker(ports, f"org-{next(_ORGANIZATIONS)}")
