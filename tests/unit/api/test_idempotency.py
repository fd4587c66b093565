"""Idempotency-Key on every creating POST."""

import re
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.http import ROUTES
from foreman_engine.memory.clock import ManualClock
from tests.factories import Api
from tests.unit.api.flows import get_run, make_run, make_task
from tests.unit.api.test_routes import SCHEDULE

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def creating(api: Api) -> list[tuple[str, dict[str, Any]]]:
    run_id = make_run(api)["id"]
    task = {"runId": run_id, "type": "t", "inputData": 1}
    entry = {"taskId": make_task(api, run_id)["id"], "key": "k", "value": 1}
    return [
        ("/api/v1/runs", {"inputData": 1}),
        ("/api/v1/tasks", task),
        ("/api/v1/tasks/batch", {"tasks": [task, task]}),
        (f"/api/v1/runs/{run_id}/data", entry),
        ("/api/v1/schedules", SCHEDULE),
        (f"/api/v1/schedules/{api('POST', '/api/v1/schedules', SCHEDULE).body['id']}/fire", {}),
    ]


def ids(body: dict[str, Any]) -> list[str]:
    return [row["id"] for row in body.get("data", [body])]


def test_the_same_key_answers_the_same_objects_with_200(api: Api, creating: list[tuple[str, Any]]) -> None:
    for url, body in creating:
        first = api("POST", url, body, headers={"Idempotency-Key": "once"})
        again = api("POST", url, body, headers={"Idempotency-Key": "once"})
        assert (first.status, again.status) == (201, 200)
        assert ids(first.body) == ids(again.body)
    assert len(api("GET", "/api/v1/runs").body["data"]) == 3
    assert get_run(api, creating[1][1]["runId"])["totalTasks"] == 4


def test_the_objects_are_answered_as_they_are_now(api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    run = api("POST", "/api/v1/runs", {"inputData": 1}, headers=headers).body
    api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "completed"})
    assert api("POST", "/api/v1/runs", {"inputData": 1}, headers=headers).body["status"] == "completed"


def test_a_repeated_creation_is_answered_though_its_run_has_ended_since(api: Api) -> None:
    run = make_run(api)
    body = {"runId": run["id"], "type": "t", "inputData": 1}
    first = api("POST", "/api/v1/tasks", body, headers={"Idempotency-Key": "k"})
    api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "completed"})
    again = api("POST", "/api/v1/tasks", body, headers={"Idempotency-Key": "k"})
    assert (again.status, again.body["id"]) == (200, first.body["id"])


def test_the_same_key_with_another_body_is_409(api: Api, creating: list[tuple[str, Any]]) -> None:
    for url, body in creating:
        api("POST", url, body, headers={"Idempotency-Key": "once"})
        if url.endswith("/fire"):
            continue  # it takes no body that could be another
        changed = {"paused": True} if url.endswith("/schedules") else {"metadata": {"other": 1}}
        answer = api("POST", url, {**body, **changed}, headers={"Idempotency-Key": "once"})
        if url.endswith("/batch"):
            answer = api("POST", url, {"tasks": body["tasks"][:1]}, headers={"Idempotency-Key": "once"})
        assert (answer.status, answer.body["code"]) == (409, "idempotency_key_reused")


def test_a_key_is_the_callers_own_per_path_and_organization(api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    first = api("POST", "/api/v1/runs", {"inputData": 1}, headers=headers)
    other = api.another("globex")("POST", "/api/v1/runs", {"inputData": 1}, headers=headers)
    task = api(
        "POST", "/api/v1/tasks", {"runId": first.body["id"], "type": "t", "inputData": 1}, headers=headers
    )
    assert (first.status, other.status, task.status) == (201, 201, 201)


def test_a_key_is_forgotten_after_24_hours(api: Api, clock: ManualClock) -> None:
    headers = {"Idempotency-Key": "k"}
    api("POST", "/api/v1/runs", {"inputData": 1}, headers=headers)
    clock.advance(DAY_MS - 1000)
    assert api("POST", "/api/v1/runs", {"inputData": 1}, headers=headers).status == 200
    clock.advance(2000)
    assert api("POST", "/api/v1/runs", {"inputData": 1}, headers=headers).status == 201


@pytest.mark.parametrize("key", ["", "k" * 256, "tab\t", "ü", "two\nlines", "k\x00", "k\x7f", "\ud800"])
def test_a_malformed_key_is_400(api: Api, key: str) -> None:
    answer = api("POST", "/api/v1/runs", {"inputData": 1}, headers={"Idempotency-Key": key})
    assert (answer.status, answer.body["details"][0]["path"]) == (400, "Idempotency-Key")


def test_a_repeated_creation_sends_no_message_for_tasks_that_will_not_exist(api: Api) -> None:
    body = {"runId": make_run(api)["id"], "type": "t", "inputData": 1, "enqueue": True}
    for _ in range(3):
        api("POST", "/api/v1/tasks", body, headers={"Idempotency-Key": "k"})
    messages: Any = api.ports.messages
    assert len(messages.bodies(messages.url("acme", "foreman:tasks"))) == 1


RUNS = "/api/v1/runs"


class NoMoreWrites:
    """A store that creates nothing any more."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        assert name not in ("create", "add", "send_tasks"), f"{name} was called for a repeated request"
        return getattr(self._store, name)


def test_a_repeated_creation_stores_and_sends_nothing(api: Api, creating: list[tuple[str, Any]]) -> None:
    creating.append((RUNS, {"inputData": 1, "tasks": [{"type": "t", "inputData": 1}]}))
    for number, (url, body) in enumerate(creating):
        api("POST", url, body, headers={"Idempotency-Key": f"k{number}"})
    stores = {
        name: NoMoreWrites(getattr(api.ports, name)) for name in ("runs", "tasks", "run_data", "messages")
    }
    after = Api(replace(api.services, ports=replace(api.ports, **stores)), api.key, api.org_id)
    for number, (url, body) in enumerate(creating):
        assert after("POST", url, body, headers={"Idempotency-Key": f"k{number}"}).status == 200


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (' {"metadata" :\n{"b":[1, 2], "a":1.5},\t"inputData":1}', 200),
        ('{"inputData":1,"metadata":{"a":1.5,"b":[1,2]}}', 200),
        ('{"inputData":1,"metadata":{"\\u0061":15e-1,"b":[1,2]}}', 200),
        ('{"inputData":1.0,"metadata":{"a":1.5,"b":[1,2]}}', 409),
        ('{"inputData":1,"metadata":{"a":1.5,"b":[2,1]}}', 409),
        ('{"inputData":true,"metadata":{"a":1.5,"b":[1,2]}}', 409),
        ('{"inputData":1,"metadata":{"a":1.5,"b":[1,2]},"unknown":1}', 409),
    ],
)
def test_a_body_is_the_same_when_its_json_values_are(api: Api, text: str, status: int) -> None:
    headers = {"Idempotency-Key": "k"}
    api("POST", RUNS, raw='{"inputData":1,"metadata":{"a":1.5,"b":[1,2]}}', headers=headers)
    assert api("POST", RUNS, raw=text, headers=headers).status == status


def test_a_key_of_one_runs_data_is_free_for_the_data_of_another(api: Api) -> None:
    headers, made = {"Idempotency-Key": "k"}, []
    for _ in range(2):
        run = make_run(api)["id"]
        entry = {"taskId": make_task(api, run)["id"], "key": "k", "value": 1}
        made.append((f"{RUNS}/{run}/data", entry))
    assert [api("POST", url, body, headers=headers).status for url, body in made] == [201, 201]
    assert [api("POST", url, body, headers=headers).status for url, body in made] == [200, 200]


def test_an_id_in_the_path_is_the_same_in_capitals(api: Api) -> None:
    run = make_run(api)["id"]
    entry = {"taskId": make_task(api, run)["id"], "key": "k", "value": 1}
    statuses = [
        api("POST", f"{RUNS}/{spelled}/data", entry, headers={"Idempotency-Key": "k"}).status
        for spelled in (run, run.upper())
    ]
    assert statuses == [201, 200]


def test_a_repeated_entry_that_was_deleted_is_404_and_stays_deleted(api: Api) -> None:
    run = make_run(api)["id"]
    entry = {"taskId": make_task(api, run)["id"], "key": "k", "value": 1}
    url, headers = f"{RUNS}/{run}/data", {"Idempotency-Key": "k"}
    api("POST", url, entry, headers=headers)
    api("DELETE", f"{url}?key=k")
    answer = api("POST", url, entry, headers=headers)
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert api("GET", url).body["data"] == []


def test_the_headers_name_is_read_in_any_case(api: Api) -> None:
    assert api("POST", RUNS, {"inputData": 1}, headers={"idempotency-KEY": "k"}).status == 201
    assert api("POST", RUNS, {"inputData": 1}, headers={"IDEMPOTENCY-key": "k"}).status == 200


@pytest.mark.parametrize("second", ["k", "other"])
def test_a_header_that_comes_twice_is_400(api: Api, second: str) -> None:
    headers = {"Idempotency-Key": "k", "idempotency-key": second}
    answer = api("POST", RUNS, {"inputData": 1}, headers=headers)
    assert (answer.status, answer.body["details"]) == (
        400,
        [{"path": "Idempotency-Key", "message": "must be given once"}],
    )
    assert api("GET", RUNS).body["data"] == []


def test_calls_that_create_nothing_ignore_the_header(api: Api) -> None:
    run = make_run(api)["id"]
    for status in ("running", "running", "completed"):
        answer = api("PATCH", f"{RUNS}/{run}", {"status": status}, headers={"Idempotency-Key": "k" * 300})
        assert (answer.status, answer.body["status"]) == (200, status)
    assert api("POST", f"{RUNS}/{run}/retry", headers={"Idempotency-Key": "k" * 300}).status == 200


def test_a_request_that_was_refused_leaves_its_key_free(api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    assert api("POST", RUNS, {"inputData": 1, "shards": 0}, headers=headers).status == 400
    assert api("POST", RUNS, {"inputData": "x" * 2**20}, headers=headers).status == 413
    assert api("POST", RUNS, {"inputData": 1}, headers=headers).status == 201


def test_every_route_that_creates_is_tried_here(creating: list[tuple[str, Any]]) -> None:
    shown = {route.path for route in ROUTES.values() if route.creates}
    assert {re.sub(r"{\w+}", "{id}", path) for path in shown} == {
        re.sub(r"[0-9a-f-]{36}", "{id}", url) for url, _ in creating
    }
