"""RateWindows: what every implementation does."""

from concurrent.futures import ThreadPoolExecutor

from foreman_engine.domain.rate_windows import Window
from foreman_engine.service.ports import Ports
from tests.contract.backends import ON_TABLES
from tests.contract.states import Maker

pytestmark = ON_TABLES
HASH = "a" * 64
NOW = 1_767_225_600_000


def test_a_window_begins_with_its_first_request_and_keeps_its_end(ports: Ports, make: Maker) -> None:
    assert ports.rate_windows.latest(make.org_id, HASH, 900) is None
    first = ports.rate_windows.count(make.org_id, HASH, 900, 1, NOW)
    assert first == Window(1, NOW + 900_000, 1)
    assert ports.rate_windows.count(make.org_id, HASH, 900, 1, NOW + 5) == Window(1, NOW + 900_000, 2)
    assert ports.rate_windows.latest(make.org_id, HASH, 900) == Window(1, NOW + 900_000, 2)


def test_the_latest_window_is_the_one_with_the_highest_number(ports: Ports, make: Maker) -> None:
    for number in (1, 2, 9, 10, 3):
        ports.rate_windows.count(make.org_id, HASH, 900, number, NOW - number)
    assert ports.rate_windows.latest(make.org_id, HASH, 900) == Window(10, NOW + 900_000 - 10, 1)


def test_keys_and_lengths_have_rows_of_their_own(ports: Ports, make: Maker) -> None:
    ports.rate_windows.count(make.org_id, HASH, 90, 1, NOW)
    for org_id, key_hash, window_s in (
        (f"{make.org_id}x", HASH, 90),
        (make.org_id, "b" * 64, 90),
        (make.org_id, HASH, 9),
        (make.org_id, HASH, 900),
    ):
        assert ports.rate_windows.latest(org_id, key_hash, window_s) is None


def test_of_many_at_once_each_gets_a_count_of_its_own(ports: Ports, make: Maker) -> None:
    # DynamoDB Local now and then makes an item twice when many make it at once; DynamoDB does not.
    ports.rate_windows.count(make.org_id, HASH, 60, 1, NOW)
    with ThreadPoolExecutor(8) as threads:
        counted = list(
            threads.map(
                lambda late: ports.rate_windows.count(make.org_id, HASH, 60, 1, NOW + late), range(1, 40)
            )
        )
    assert sorted(window.used for window in counted) == list(range(2, 41))
    assert {window.ends_at for window in counted} == {NOW + 60_000}
