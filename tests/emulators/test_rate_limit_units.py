"""What counting a request costs, in DynamoDB's own word, and that exactly the limit passes over containers that share nothing."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.emulated import Usage, emulated_ports
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rate_windows import Window
from foreman_engine.domain.rates import RateLimit
from foreman_engine.service.ports import Ports
from foreman_engine.service.rate_limit import count_request

LIMIT = RateLimit(100, 900)

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def emulated() -> Iterator[tuple[Ports, Usage]]:
    with emulated_ports() as made:
        yield made


def key(org_id: str) -> ApiKey:
    return ApiKey("key_1", org_id, "dev", "a" * 64, created_at=0)


def ask(
    ports: Ports, org_id: str, requests: int, known: Window | None = None
) -> tuple[list[bool], Window | None]:
    """The requests of one container, one after the other, and what it remembers then."""
    passed = []
    for _ in range(requests):
        standing, known = count_request(ports, key(org_id), LIMIT, known)
        passed.append(standing.passes)
    return passed, known


def test_a_counted_request_costs_one_write_unit_and_a_refused_one_none(emulated: tuple[Ports, Usage]) -> None:
    ports, usage = emulated
    usage.reset()
    _, known = ask(ports, "alone", 100)
    assert usage.calls == Counter({"UpdateItem": 100, "Query": 1})
    assert usage.write_units == 100
    usage.reset()
    assert ask(ports, "alone", 50, known)[0] == [False] * 50
    assert not usage.calls


def test_exactly_the_limit_passes_over_four_containers(emulated: tuple[Ports, Usage]) -> None:
    ports, usage = emulated
    usage.reset()
    with ThreadPoolExecutor(4) as containers:
        answers = list(containers.map(lambda _: ask(ports, "four", 50)[0], range(4)))
    assert sum(sum(passed) for passed in answers) == 100
    # Each container that learns from the store that the window is spent pays for that one answer.
    assert 100 <= usage.write_units <= 103
    assert usage.calls["Query"] == 4
