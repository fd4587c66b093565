"""Idempotency-Key on every creating POST."""

from typing import Any

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import Api
from tests.unit.api.flows import get_run, make_run, make_task

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
    ]


def ids(body: dict[str, Any]) -> list[str]:
    return [row["id"] for row in body.get("data", [body])]


def test_the_same_key_answers_the_same_objects_with_200(api: Api, creating: list[tuple[str, Any]]) -> None:
    for url, body in creating:
        first = api("POST", url, body, headers={"Idempotency-Key": "once"})
        again = api("POST", url, body, headers={"Idempotency-Key": "once"})
        assert (first.status, again.status) == (201, 200)
        assert ids(first.body) == ids(again.body)
    assert len(api("GET", "/api/v1/runs").body["data"]) == 2
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
        answer = api("POST", url, {**body, "metadata": {"other": 1}}, headers={"Idempotency-Key": "once"})
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


@pytest.mark.parametrize("key", ["", "k" * 256, "tab\t", "ü"])
def test_a_malformed_key_is_400(api: Api, key: str) -> None:
    answer = api("POST", "/api/v1/runs", {"inputData": 1}, headers={"Idempotency-Key": key})
    assert (answer.status, answer.body["details"][0]["path"]) == (400, "Idempotency-Key")


def test_a_repeated_creation_sends_no_message_for_tasks_that_will_not_exist(api: Api) -> None:
    body = {"runId": make_run(api)["id"], "type": "t", "inputData": 1, "enqueue": True}
    for _ in range(3):
        api("POST", "/api/v1/tasks", body, headers={"Idempotency-Key": "k"})
    messages: Any = api.ports.messages
    assert len(messages.bodies(messages.url("acme", "foreman:tasks"))) == 1
