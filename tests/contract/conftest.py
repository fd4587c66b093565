"""Fixtures of the conformance suite: a backend a module, an organization a test."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.dynamodb_local_install import dynamodb_local_installed
from foreman_engine.service.ports import Ports
from tests.contract.backends import BACKENDS, EVERY, Backend, on_dynamodb_local
from tests.contract.localstack import localstack
from tests.contract.localstack_venv import localstack_python
from tests.contract.needed import needed
from tests.contract.states import Maker

_ORGANIZATIONS = itertools.count(1)
SHARED = {"localstack": "localstack_backend", "dynamodb-local": "dynamodb_local_backend"}
"""Backends that are slow to start: the fixture that starts each once."""


@pytest.fixture(scope="session")
def localstack_interpreter(request: pytest.FixtureRequest) -> Path:
    """The Python that has LocalStack. Without one its tests are skipped here, and fail where nobody would notice."""
    return needed(request, localstack_python)


@pytest.fixture(scope="session")
def localstack_backend(localstack_interpreter: Path) -> Iterator[Backend]:
    """One LocalStack for every module that tests queues."""
    with localstack(localstack_interpreter) as made:
        yield made


@pytest.fixture(scope="session")
def dynamodb_local_backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """One DynamoDB Local for every module that tests tables. Without Java or npm its tests are skipped, or fail, likewise."""
    with on_dynamodb_local(needed(request, dynamodb_local_installed)) as made:
        yield made


@pytest.fixture(scope="module", params=EVERY)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    if request.param in SHARED:
        yield request.getfixturevalue(SHARED[request.param])
        return
    with ExitStack() as up:
        yield up.enter_context(BACKENDS[request.param]())


@pytest.fixture
def ports(backend: Backend) -> Ports:
    return backend.ports


@pytest.fixture
def make(ports: Ports) -> Maker:
    return Maker(ports, f"org-{next(_ORGANIZATIONS)}")
