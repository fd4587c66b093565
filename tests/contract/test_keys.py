"""KeyStore: what every implementation does."""

from dataclasses import replace

from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rates import RateLimit
from foreman_engine.service.ports import Ports
from tests.contract.states import Maker


def key(make: Maker, number: int, **fields: object) -> ApiKey:
    made = ApiKey(f"key_{number}", make.org_id, "test", f"{number:064x}", created_at=100 - number)
    return replace(made, **fields)  # type: ignore[arg-type]


def test_a_key_is_found_by_its_hash_in_its_organization(ports: Ports, make: Maker) -> None:
    plain = key(make, 1)
    full = key(make, 2, rate_limit=RateLimit(5, 60), unlimited=True, revoked_at=7)
    for each in (plain, full):
        ports.keys.add(each)
    assert ports.keys.find(make.org_id, plain.hash) == plain
    assert ports.keys.find(make.org_id, full.hash) == full
    assert ports.keys.find(make.org_id, "f" * 64) is None
    assert ports.keys.find(f"{make.org_id}x", plain.hash) is None


def test_keys_are_listed_oldest_first_and_organizations_sorted(ports: Ports, make: Maker) -> None:
    keys = [key(make, number) for number in (1, 2, 3)]
    for each in keys:
        ports.keys.add(each)
    assert ports.keys.of_org(make.org_id) == keys[::-1]
    assert ports.keys.of_org(f"{make.org_id}x") == []
    organizations = ports.keys.organizations()
    assert make.org_id in organizations
    assert organizations == sorted(set(organizations))


def test_revoking_twice_keeps_the_first_instant(ports: Ports, make: Maker) -> None:
    made = key(make, 1)
    ports.keys.add(made)
    assert ports.keys.revoke(make.org_id, "key_1", 500)
    assert ports.keys.revoke(make.org_id, "key_1", 600)
    assert not ports.keys.revoke(make.org_id, "key_2", 500)
    assert ports.keys.find(make.org_id, made.hash) == replace(made, revoked_at=500)


def test_a_limit_is_changed_taken_off_and_given_back_to_the_deployment(ports: Ports, make: Maker) -> None:
    made = key(make, 1)
    ports.keys.add(made)
    for limit, unlimited in (
        (RateLimit(5, 60), False),
        (None, True),
        (RateLimit(7, 1), False),
        (None, False),
    ):
        assert ports.keys.set_limit(make.org_id, "key_1", limit, unlimited=unlimited)
        found = ports.keys.find(make.org_id, made.hash)
        assert found == replace(made, rate_limit=limit, unlimited=unlimited)
    assert not ports.keys.set_limit(make.org_id, "key_2", None, unlimited=True)
