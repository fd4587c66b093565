"""Run data over HTTP: an entry's way in and out. The other tests of its calls are in `test_data_*`."""

from typing import Any

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import MISSING_ID, MISSING_TASK_ID, Api
from tests.unit.api.flows import make_run, make_task


@pytest.fixture
def url(api: Api) -> str:
    return f"/api/v1/runs/{make_run(api)['id']}/data"


@pytest.fixture
def task_id(api: Api, url: str) -> str:
    return str(make_task(api, url.split("/")[4])["id"])


def add(api: Api, url: str, task_id: str, key: str, value: Any, **fields: Any) -> dict[str, Any]:
    answer = api("POST", url, {"taskId": task_id, "key": key, "value": value, **fields})
    assert answer.status == 201, answer
    return dict(answer.body)


def test_an_entry_is_found_by_its_key_at_once(api: Api, url: str, task_id: str, clock: ManualClock) -> None:
    entry = add(
        api, url, task_id, "customer data/50%", {"a": [None, 1]}, tags=["x", "y", "x"], metadata={"m": 1}
    )
    assert entry == {
        "id": entry["id"],
        "runId": url.split("/")[4],
        "taskId": task_id,
        "orgId": "acme",
        "key": "customer data/50%",
        "value": {"a": [None, 1]},
        "tags": ["x", "y"],
        "metadata": {"m": 1},
        "createdAt": clock.now_ms(),
        "updatedAt": clock.now_ms(),
    }
    assert api("GET", f"{url}?key=customer+data%2F50%25").body["data"] == [entry]


def test_the_same_key_adds_and_the_newest_is_found(
    api: Api, url: str, task_id: str, clock: ManualClock
) -> None:
    for value in range(3):
        add(api, url, task_id, "k", value)
        clock.advance(1)
    add(api, url, task_id, "k2", "other")
    assert [entry["value"] for entry in api("GET", f"{url}?key=k").body["data"]] == [2]
    assert [entry["value"] for entry in api("GET", f"{url}?key=k&includeAll=true").body["data"]] == [2, 1, 0]
    everything = api("GET", f"{url}?includeAll=true&sortOrder=asc").body["data"]
    assert [entry["value"] for entry in everything] == [0, 1, 2, "other"]


def test_versions_are_walked_by_cursor(api: Api, url: str, task_id: str) -> None:
    for value in range(5):
        add(api, url, task_id, "k", value)
    seen, cursor = [], ""
    while True:
        page = api("GET", f"{url}?key=k&includeAll=true&limit=2{cursor}").body
        seen += [entry["value"] for entry in page["data"]]
        if "nextCursor" not in page["pagination"]:
            break
        cursor = f"&cursor={page['pagination']['nextCursor']}"
    assert seen == [4, 3, 2, 1, 0]


def test_a_key_that_nothing_has_is_an_empty_page(api: Api, url: str) -> None:
    assert api("GET", f"{url}?key=nothing").body["data"] == []


def test_an_entry_needs_a_task_of_its_run(api: Api, url: str) -> None:
    stranger = make_task(api, make_run(api)["id"])["id"]
    for task_id in (stranger, MISSING_TASK_ID, MISSING_ID):
        assert api("POST", url, {"taskId": task_id, "key": "k", "value": 1}).status == 404


def test_runs_do_not_see_each_others_data(api: Api, url: str, task_id: str) -> None:
    add(api, url, task_id, "k", 1)
    other = f"/api/v1/runs/{make_run(api)['id']}/data"
    assert api("GET", f"{other}?key=k").body["data"] == []
