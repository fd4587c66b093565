"""API keys over HTTP: what a header must look like, how long an answer about a key is believed, and at what cost."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.bootstrap import Services
from chalicelib.remembered import BELIEVED_S, MAX_KEYS, Remembered
from foreman_engine.domain.keys import ApiKey, is_same_key, parse_key
from foreman_engine.service import keys as use_cases
from foreman_engine.service.keys import create_key, revoke_key
from tests.factories import Api, memory_api

RANDOM = "a" * 40


@dataclass
class Timer:
    """Seconds that only the test lets pass."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Reads:
    """A key store that notes what is looked for."""

    inner: Any
    hashes: list[tuple[str, str]] = field(default_factory=list)

    def find(self, org_id: str, key_hash: str) -> ApiKey | None:
        self.hashes.append((org_id, key_hash))
        found: ApiKey | None = self.inner.find(org_id, key_hash)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def reads(timer: Timer) -> tuple[Api, Reads]:
    api, _ = memory_api()
    reads = Reads(api.ports.keys)
    services = Services(api.services.settings, replace(api.ports, keys=reads), Remembered(timer))
    return Api(services, api.key, api.org_id), reads


def status(api: Api, key: str) -> int:
    return api("GET", "/api/v1/config/queues", headers={"Authorization": f"Bearer {key}"}).status


def test_every_bad_header_gets_the_very_same_answer(api: Api) -> None:
    _, other_stage = create_key(api.ports, "acme", "prod")
    revoked, gone = create_key(api.ports, "acme", "test")
    revoke_key(api.ports, revoked.key_id)
    bad = [
        None,
        "",
        " ",
        "Bearer",
        "Bearer ",
        f"Basic {api.key}",
        api.key,
        f"Bearer  {api.key}",
        f" Bearer {api.key}",
        f"Bearer {api.key}\n",
        f"Bearer {api.key} ",
        f"Bearer {api.key},",
        f"Bearer {api.key[1:]}",
        f"Bearer {api.key[:-1]}",
        "Bearer " + api.key.replace("fmn_", "sk_"),
        "Bearer " + api.key.replace("_acme_", "_ACME_"),
        f"Bearer fmn_test_acme_{RANDOM}",
        f"Bearer fmn_test_nobody_{RANDOM}",
        "Bearer fmn_test_acme_short",
        f"Bearer {other_stage}",
        f"Bearer {gone}",
        "Bearer ключ",
        f"Bearer fmn_test_acme_{'é' * 40}",
        "Bearer \ud800",
        "Bearer " + "x" * 10_000,
        f"Bearer fmn_test_acme_{'x' * 10_000}",
        "Bearer \x00",
    ]
    answers = [api("GET", "/api/v1/runs", headers={"Authorization": header}) for header in bad]
    assert {answer.status for answer in answers} == {401}
    assert all((answer.body, answer.headers) == (answers[0].body, answers[0].headers) for answer in answers)
    assert answers[0].body["code"] == "unauthorized"
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(api: Api, scheme: str) -> None:
    assert api("GET", "/api/v1/runs", headers={"Authorization": f"{scheme} {api.key}"}).status == 200


def test_a_revoked_key_stops_within_a_minute_although_it_is_remembered(
    reads: tuple[Api, Reads], timer: Timer
) -> None:
    api, _ = reads
    assert status(api, api.key) == 200
    [key] = api.ports.keys.of_org("acme")
    revoke_key(api.ports, key.key_id)
    timer.now += BELIEVED_S - 1
    assert status(api, api.key) == 200  # believed, and known to be
    timer.now += 1
    assert status(api, api.key) == 401
    assert BELIEVED_S <= 60


def test_a_key_that_is_used_all_the_time_is_looked_up_all_the_same(
    reads: tuple[Api, Reads], timer: Timer
) -> None:
    api, store = reads
    for _ in range(61):
        assert status(api, api.key) == 200
        timer.now += 1
    assert len(store.hashes) == 3


def test_a_key_that_was_unknown_works_once_it_is_issued_and_the_answer_forgotten(
    reads: tuple[Api, Reads], timer: Timer
) -> None:
    api, _ = reads
    text = f"fmn_test_late_{RANDOM}"
    assert status(api, text) == 401
    use_cases.ensure_key(api.ports, text, unlimited=True)
    assert status(api, text) == 401
    timer.now += BELIEVED_S
    assert status(api, text) == 200


def test_an_unknown_key_costs_one_read_a_malformed_one_none(reads: tuple[Api, Reads]) -> None:
    api, store = reads
    for text in ("", "x", "fmn_test_acme_short", f"fmn_prod_acme_{RANDOM}", f"fmn_test_acme_{'é' * 40}"):
        assert status(api, text) == 401
    assert store.hashes == []
    unknown = [f"fmn_test_{org}_{RANDOM}" for org in ("acme", "nobody")]
    for text in [*unknown, *unknown]:
        assert status(api, text) == 401
    assert [org for org, _ in store.hashes] == ["acme", "nobody"]


def test_a_flood_of_made_up_keys_drives_out_no_good_one(reads: tuple[Api, Reads]) -> None:
    api, store = reads
    assert status(api, api.key) == 200
    for number in range(MAX_KEYS + 100):
        api.services.remembered.remember_key(f"{number:064x}", None)
    assert status(api, api.key) == 200
    assert len(store.hashes) == 1
    remembered = [api.services.remembered.is_unknown(f"{number:064x}") for number in range(MAX_KEYS + 100)]
    assert sum(remembered) == MAX_KEYS


def test_a_key_is_the_given_one_when_its_hash_and_stage_are() -> None:
    parsed = parse_key(f"fmn_test_acme_{RANDOM}")
    assert parsed is not None
    stored = ApiKey("key_1", "acme", "test", parsed.hash, created_at=0)
    assert is_same_key(stored, parsed)
    assert not is_same_key(replace(stored, hash="b" * 64), parsed)
    assert not is_same_key(replace(stored, env="prod"), parsed)


def test_hashes_are_compared_in_constant_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("foreman_engine.domain.keys.hmac.compare_digest", compare)
    assert status(api, api.key) == 200
    assert len(compared) == 1
