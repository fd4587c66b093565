"""Fixtures of the conformance suite: a backend a module, an organization a test."""

import itertools
from collections.abc import Iterator

import pytest

from foreman_engine.service.ports import Ports
from tests.contract.backends import BACKENDS, Backend
from tests.contract.states import Maker

_ORGANIZATIONS = itertools.count(1)


@pytest.fixture(
    scope="module",
    params=[
        "memory",
        pytest.param("moto", marks=pytest.mark.integration),
        pytest.param("ministack", marks=pytest.mark.emulator),
    ],
)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    with BACKENDS[request.param]() as made:
        yield made


@pytest.fixture
def ports(backend: Backend) -> Ports:
    return backend.ports


@pytest.fixture
def make(ports: Ports) -> Maker:
    return Maker(ports, f"org-{next(_ORGANIZATIONS)}")
