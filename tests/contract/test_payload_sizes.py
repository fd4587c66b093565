"""Payloads of every size, from nothing to 1 MB escaped, come back equal through the API, wherever a store keeps them."""

import itertools
import random
from typing import Any, Final

import pytest

from chalicelib.adapters.dynamo.packing import pack
from chalicelib.adapters.dynamo.payloads import ALWAYS_INLINE_BYTES, MAX_ITEM_BYTES
from chalicelib.adapters.dynamo.shelf import SHELF_BYTES
from chalicelib.bootstrap import Services
from foreman_contract.limits import MAX_PAYLOAD_BYTES
from foreman_engine.domain.payload import compact, escaped_bytes
from foreman_engine.service.keys import create_key
from foreman_engine.service.ports import Ports
from tests.contract.backends import ON_STORES
from tests.contract.states import Maker
from tests.factories import Api, settings

pytestmark = ON_STORES
_NOISE: Final = "".join(random.Random(19).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789-_", k=600_000))
_ENTRY_BYTES: Final = 1024
"""What an entry keeps beside itself."""


def packed_to(most_bytes: int) -> int:
    """The longest piece of noise that packs to so many bytes."""
    low, high = 0, len(_NOISE)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(pack(compact(_NOISE[:middle]))) <= most_bytes else (low, middle - 1)
    return low


def full(unit: str) -> str:
    """Text of exactly 1 MB as the service counts, mostly of the unit repeated."""
    room = MAX_PAYLOAD_BYTES - 4  # the text's own quotes, escaped
    text = unit * (room // (escaped_bytes(compact(unit)) - 4))
    return text + "x" * (MAX_PAYLOAD_BYTES - escaped_bytes(compact(text)))


UNITS: Final = {
    "letters": "x",
    "noise": _NOISE[:9_973],
    "quotes": '"',
    "backslashes": "\\",
    "control characters": "\x00\x1f\n",
    "NUL escapes": "\\u0000",
    "umlauts": "ü",
    "emoji": "\U0001f600",
}
VALUES: Final = {
    "empty string": "",
    "empty list": [],
    "empty object": {},
    "empty key": {"": {"": [""]}},
    "null": None,
    "nested nulls": [None, [None, {"a": None}]],
    "negative zero": [-0.0, 0.0, 0],
    "long integer": [10**300, -(10**300), 10**300 + 1],
    "doubles": [1e308, 5e-324, 0.1, 1.0, 1],
    "booleans": [True, False, 1, 0],
    "look-alikes": ["null", "1", "p#AAAAAAAAAAAA", "o#AAAAAAAAAAAA"],
}


@pytest.fixture
def api(ports: Ports, make: Maker) -> Api:
    _, key = create_key(ports, make.org_id, "test", unlimited=True)
    return Api(Services(settings(), ports), key, make.org_id)


def post(api: Api, path: str, body: Any) -> str:
    answer = api("POST", f"/api/v1/{path}", body)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def round_trip(api: Api, value: Any) -> list[Any]:
    """The value as every field of a run, a task and an entry gives it back."""
    run_id = post(api, "runs", {"inputData": value})
    task_id = post(api, "tasks", {"runId": run_id, "type": "t", "inputData": value})
    post(api, f"runs/{run_id}/data", {"taskId": task_id, "key": "k", "value": value})
    found: list[Any] = []
    for path in (f"runs/{run_id}", f"tasks/{task_id}"):
        ended = api("PATCH", f"/api/v1/{path}", {"outputData": value, "errorData": value})
        assert ended.status == 200, ended
        record = api("GET", f"/api/v1/{path}").body
        found += [record["inputData"], record["outputData"], record["errorData"]]
    [entry] = api("GET", f"/api/v1/runs/{run_id}/data?key=k").body["data"]
    return [*found, entry["value"]]


def assert_equal(api: Api, value: Any) -> None:
    for found in round_trip(api, value):
        assert compact(found) == compact(value)


@pytest.mark.parametrize("name", VALUES)
def test_every_value_comes_back_as_it_was(api: Api, name: str) -> None:
    assert_equal(api, VALUES[name])


def test_text_around_every_bound_of_a_place_comes_back(api: Api) -> None:
    bounds = [packed_to(bound) for bound in (ALWAYS_INLINE_BYTES, _ENTRY_BYTES, SHELF_BYTES, MAX_ITEM_BYTES)]
    around = [size + more for size in bounds for more in (0, 1)]
    for size in sorted({1, *around, *range(700, 1_300, 100)}):
        assert_equal(api, _NOISE[:size])


@pytest.mark.parametrize("kind", UNITS)
def test_a_megabyte_comes_back(api: Api, kind: str) -> None:
    text = full(UNITS[kind])
    assert escaped_bytes(compact(text)) == MAX_PAYLOAD_BYTES
    assert_equal(api, text)


def test_a_byte_more_than_a_megabyte_is_413_and_changes_nothing(api: Api, ports: Ports) -> None:
    text = full("\U0001f600") + "x"
    run_id = post(api, "runs", {"inputData": 1})
    task_id = post(api, "tasks", {"runId": run_id, "type": "t", "inputData": 1, "enqueue": False})
    result = {"id": task_id, "attempt": 1, "status": "completed", "outputData": text}
    refused = [
        ("POST", "runs", {"inputData": text}),
        ("PATCH", f"runs/{run_id}", {"outputData": text}),
        ("PATCH", f"runs/{run_id}", {"errorData": text}),
        ("POST", "tasks", {"runId": run_id, "type": "t", "inputData": text}),
        ("PATCH", f"tasks/{task_id}", {"outputData": text}),
        ("PATCH", f"tasks/{task_id}", {"errorData": text}),
        ("POST", "tasks/report", {"workerId": "w", "results": [result]}),
        ("POST", f"runs/{run_id}/data", {"taskId": task_id, "key": "k", "value": text}),
    ]
    for method, path, body in refused:
        answer = api(method, f"/api/v1/{path}", body)
        assert (answer.status, answer.body["code"]) == (413, "payload_too_large")
        assert str(MAX_PAYLOAD_BYTES) in answer.body["error"]
    run, task = api("GET", f"/api/v1/runs/{run_id}").body, api("GET", f"/api/v1/tasks/{task_id}").body
    assert not {"outputData", "errorData"} & {*run, *task}
    assert run["totalTasks"] == 1
    stored = itertools.chain(*(each for _, each in ports.payloads.apart(api.org_id)))
    assert list(stored) == []
