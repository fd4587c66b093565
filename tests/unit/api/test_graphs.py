"""Graphs over HTTP: contract section 6."""

from typing import Any

import pytest

from tests.factories import Api
from tests.unit.api.flows import finish, get_run, get_task, make_run


def make_graph(api: Api, tasks: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A run with tasks; in the answer `taskIds` has an id for each ref."""
    bodies = [{"type": "t", "inputData": None, **task} for task in tasks]
    answer = api("POST", "/api/v1/runs", {"inputData": None, "tasks": bodies, **fields})
    assert answer.status == 201, answer
    return dict(answer.body)


@pytest.fixture
def diamond(api: Api) -> dict[str, Any]:
    return make_graph(
        api,
        [
            {"ref": "last", "dependsOn": ["left", "right"]},
            {"ref": "left", "dependsOn": ["first"]},
            {"ref": "right", "dependsOn": ["first"]},
            {"ref": "first"},
        ],
    )


def statuses(api: Api, run: dict[str, Any]) -> dict[str, str]:
    return {ref: get_task(api, task_id)["status"] for ref, task_id in run["taskIds"].items()}


def test_a_diamond_runs_from_its_root_to_its_end(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    assert (diamond["totalTasks"], diamond["autoComplete"], diamond["status"]) == (4, True, "pending")
    assert statuses(api, diamond) == {
        "first": "queued",
        "left": "pending",
        "right": "pending",
        "last": "pending",
    }
    finish(api, ids["first"])
    assert statuses(api, diamond) == {
        "first": "completed",
        "left": "queued",
        "right": "queued",
        "last": "pending",
    }
    finish(api, ids["right"])
    assert statuses(api, diamond)["last"] == "pending"
    finish(api, ids["left"])
    assert statuses(api, diamond)["last"] == "queued"
    finish(api, ids["last"])
    assert get_run(api, diamond["id"])["status"] == "completed"


def test_what_depends_on_a_failure_is_cancelled_and_names_the_first_cause(
    api: Api, diamond: dict[str, Any]
) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"])
    finish(api, ids["left"], "failed", retryable=False, errorData={"why": 1})
    last = get_task(api, ids["last"])
    assert last["status"] == "cancelled"
    assert (last["errorData"]["code"], last["errorData"]["taskId"]) == ("dependency_failed", ids["left"])
    finish(api, ids["right"])
    run = get_run(api, diamond["id"])
    assert (run["status"], run["completedTasks"], run["failedTasks"], run["cancelledTasks"]) == (
        "failed",
        2,
        1,
        1,
    )


def test_a_task_that_is_added_behind_a_failure_is_cancelled_at_once(api: Api) -> None:
    run = make_run(api)
    first = api(
        "POST", "/api/v1/tasks", {"runId": run["id"], "type": "t", "inputData": 1, "enqueue": True}
    ).body
    finish(api, first["id"], "failed", retryable=False)
    behind = {"runId": run["id"], "type": "t", "inputData": 1, "enqueue": True, "dependsOn": [first["id"]]}
    answer = api("POST", "/api/v1/tasks", behind)
    assert (answer.status, answer.body["status"]) == (201, "cancelled")
    assert answer.body["errorData"]["taskId"] == first["id"]


def test_a_retry_of_the_run_waits_again(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"], "failed", retryable=False)
    assert statuses(api, diamond) == {
        "first": "failed",
        "left": "cancelled",
        "right": "cancelled",
        "last": "cancelled",
    }
    assert get_run(api, diamond["id"])["status"] == "failed"
    api("POST", f"/api/v1/runs/{diamond['id']}/retry")
    assert statuses(api, diamond) == {
        "first": "queued",
        "left": "pending",
        "right": "pending",
        "last": "pending",
    }
    for ref in ("first", "left", "right", "last"):
        finish(api, ids[ref])
    assert get_run(api, diamond["id"])["status"] == "completed"
