"""Graphs that change while they run: tasks added, cancelled, retried."""

from typing import Any

import pytest

from tests.factories import Api
from tests.unit.api.flows import (
    claim,
    fail,
    finish,
    get_run,
    get_task,
    make_run,
    make_task,
    make_tasks,
    messages,
    post,
    report,
    statuses,
    work,
)


def again(api: Api, task_id: str, status: str = "completed", **fields: Any) -> Any:
    """Claim and report a task that was claimed before."""
    attempt = get_task(api, task_id)["attempt"]
    assert claim(api, task_id, claim_id=f"{task_id}-{attempt}")["outcome"] == "claimed"
    return report(api, task_id, attempt + 1, status, **fields)


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
        again(api, ids[ref])
    assert get_run(api, diamond["id"])["status"] == "completed"


def test_a_retry_of_the_run_keeps_what_completed_and_releases_what_needs_no_more(
    api: Api, diamond: dict[str, Any]
) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"], outputData={"kept": 1})
    finish(api, ids["left"])
    fail(api, ids["right"])
    assert post(api, "runs", diamond["id"], "retry").status == 200
    assert statuses(api, diamond) == {
        "first": "completed",
        "left": "completed",
        "right": "queued",
        "last": "pending",
    }
    assert get_task(api, ids["first"])["outputData"] == {"kept": 1}
    again(api, ids["right"])
    last = get_task(api, ids["last"])
    assert (last["status"], "errorData" in last) == ("queued", False)
    again(api, ids["last"])
    assert get_run(api, diamond["id"])["status"] == "completed"


def test_a_retry_of_a_big_run_waits_and_releases_through_the_work_queue(api: Api) -> None:
    run_id = make_run(api, autoComplete=True)["id"]
    root = make_task(api, run_id)
    child = {"runId": run_id, "type": "t", "inputData": 1, "enqueue": True, "dependsOn": [root["id"]]}
    ids = make_tasks(api, child, 3 * 90)
    fail(api, root["id"])
    work(api)
    assert get_run(api, run_id)["cancelledTasks"] == len(ids)
    assert post(api, "runs", run_id, "retry").status == 200
    again(api, root["id"])  # before the walk has put back all of the children
    work(api)
    assert {get_task(api, each)["status"] for each in ids} == {"queued"}
    for each in ids:
        finish(api, each)
    run = get_run(api, run_id)
    assert (run["status"], run["completedTasks"], run["pendingTasks"]) == ("completed", len(ids) + 1, 0)


def test_a_task_added_behind_a_failure_waits_for_its_retry(api: Api) -> None:
    run_id = make_run(api, autoComplete=True)["id"]
    failed, other = make_task(api, run_id), make_task(api, run_id)
    fail(api, failed["id"])
    behind = make_task(api, run_id, dependsOn=[failed["id"]])
    assert behind["status"] == "cancelled"
    finish(api, other["id"])
    assert post(api, "runs", run_id, "retry").status == 200
    again(api, failed["id"])
    assert get_task(api, behind["id"])["status"] == "queued"


def test_a_task_added_behind_one_that_completed_waits_when_that_is_retried(api: Api) -> None:
    run_id = make_run(api)["id"]
    first, second = make_task(api, run_id), make_task(api, run_id)
    finish(api, first["id"])
    behind = make_task(api, run_id, dependsOn=[first["id"], second["id"]])
    assert post(api, "tasks", first["id"], "retry").status == 200
    finish(api, second["id"])
    assert get_task(api, behind["id"])["status"] == "pending"
    again(api, first["id"])
    assert get_task(api, behind["id"])["status"] == "queued"


def test_the_retry_of_one_task_leaves_those_that_were_cancelled_through_it(
    api: Api, diamond: dict[str, Any]
) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"])
    fail(api, ids["left"])
    assert statuses(api, diamond)["last"] == "cancelled"
    assert post(api, "tasks", ids["left"], "retry").body["status"] == "queued"
    again(api, ids["left"])
    assert statuses(api, diamond)["last"] == "cancelled"
    assert post(api, "tasks", ids["last"], "retry").body["status"] == "pending"
    finish(api, ids["right"])
    again(api, ids["last"])
    assert get_run(api, diamond["id"])["status"] == "completed"


def test_the_retry_of_a_task_whose_dependency_failed_is_409(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"])
    fail(api, ids["left"])
    answer = post(api, "tasks", ids["last"], "retry")
    assert (answer.status, answer.body["code"]) == (409, "conflict")
    assert get_task(api, ids["last"])["status"] == "cancelled"


def test_the_retry_of_a_completed_dependency_does_not_stop_those_it_released(
    api: Api, diamond: dict[str, Any]
) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"])
    assert post(api, "tasks", ids["first"], "retry").status == 200
    finish(api, ids["left"])
    again(api, ids["first"])
    assert statuses(api, diamond) == {
        "first": "completed",
        "left": "completed",
        "right": "queued",
        "last": "pending",
    }


def test_cancelling_a_dependency_cancels_everything_behind_it(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    assert post(api, "tasks", ids["first"], "cancel").status == 200
    assert set(statuses(api, diamond).values()) == {"cancelled"}
    error = get_task(api, ids["last"])["errorData"]
    assert (error["code"], error["taskId"]) == ("dependency_failed", ids["first"])
    assert error["message"].endswith("on which it depends, failed or was cancelled.")
    assert get_task(api, ids["left"])["errorData"]["message"].endswith("on which it depends, was cancelled.")
    assert get_run(api, diamond["id"])["status"] == "cancelled"


def test_a_waiting_task_may_be_cancelled_alone(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    assert post(api, "tasks", ids["right"], "cancel").status == 200
    finish(api, ids["first"])
    assert statuses(api, diamond) == {
        "first": "completed",
        "left": "queued",
        "right": "cancelled",
        "last": "cancelled",
    }


def test_cancelling_the_run_cancels_what_waits_and_releases_nothing(
    api: Api, diamond: dict[str, Any]
) -> None:
    ids = diamond["taskIds"]
    claim(api, ids["first"])
    assert post(api, "runs", diamond["id"], "cancel").status == 200
    assert report(api, ids["first"], 1)["outcome"] == "stale"
    work(api)
    assert set(statuses(api, diamond).values()) == {"cancelled"}
    assert {message["taskId"] for message in messages(api)} == {ids["first"]}


def test_tasks_are_added_to_a_run_that_is_under_way(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    finish(api, ids["first"])
    claim(api, ids["left"])
    behind_done = make_task(api, diamond["id"], dependsOn=[ids["first"]])
    behind_both = make_task(api, diamond["id"], dependsOn=[ids["first"], ids["left"]])
    behind_new = make_task(api, diamond["id"], dependsOn=[behind_both["id"], behind_done["id"]])
    assert [each["status"] for each in (behind_done, behind_both, behind_new)] == [
        "queued",
        "pending",
        "pending",
    ]
    report(api, ids["left"], 1)
    assert get_task(api, behind_both["id"])["status"] == "queued"
    for task_id in (behind_both["id"], behind_done["id"], behind_new["id"], ids["right"], ids["last"]):
        finish(api, task_id)
    run = get_run(api, diamond["id"])
    assert (run["status"], run["completedTasks"], run["totalTasks"]) == ("completed", 7, 7)


def test_a_whole_batch_added_behind_a_failure_is_cancelled_at_once(api: Api) -> None:
    run_id = make_run(api)["id"]
    failed = make_task(api, run_id)
    fail(api, failed["id"])
    base = {"runId": run_id, "type": "t", "inputData": 1, "enqueue": True}
    tasks: list[dict[str, Any]] = [
        {"dependsOn": [failed["id"]], "ref": "a"},
        {"dependsOn": ["a"]},
        {},
        {"dependsOn": ["a"], "fanIn": "any"},
    ]
    answer = api("POST", "/api/v1/tasks/batch", {"tasks": [{**base, **task} for task in tasks]})
    assert answer.status == 201
    assert [each["status"] for each in answer.body["data"]] == [
        "cancelled",
        "cancelled",
        "queued",
        "cancelled",
    ]
    assert {each["errorData"]["taskId"] for each in answer.body["data"] if "errorData" in each} == {
        failed["id"]
    }
    assert len(messages(api)) == 2


def test_a_parent_that_ended_and_has_children_that_wait_holds_up_nothing(api: Api) -> None:
    run_id = make_run(api, autoComplete=True)["id"]
    parent = make_task(api, run_id)
    claim(api, parent["id"])
    child = make_task(api, run_id, parentTaskId=parent["id"])
    join = make_task(api, run_id, dependsOn=[child["id"]], parentTaskId=parent["id"])
    report(api, parent["id"], 1)
    late = make_task(api, run_id, parentTaskId=parent["id"], dependsOn=[parent["id"], join["id"]])
    fail(api, child["id"])
    assert [get_task(api, each["id"])["status"] for each in (join, late)] == ["cancelled", "cancelled"]
    assert get_run(api, run_id)["status"] == "failed"


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_an_end_by_patch_has_all_the_effects_of_a_report(api: Api, diamond: dict[str, Any], end: str) -> None:
    first = diamond["taskIds"]["first"]
    assert api("PATCH", f"/api/v1/tasks/{first}", {"status": end}).status == 200
    others = statuses(api, diamond)
    expected = ["queued", "queued", "pending"] if end == "completed" else ["cancelled"] * 3
    assert [others[ref] for ref in ("left", "right", "last")] == expected


def test_a_waiting_task_that_is_completed_by_patch_is_not_released(api: Api, diamond: dict[str, Any]) -> None:
    ids = diamond["taskIds"]
    assert api("PATCH", f"/api/v1/tasks/{ids['left']}", {"status": "completed"}).status == 200
    finish(api, ids["first"])
    assert statuses(api, diamond)["left"] == "completed"
    assert ids["left"] not in {message["taskId"] for message in messages(api)}
    finish(api, ids["right"])
    assert statuses(api, diamond)["last"] == "queued"
