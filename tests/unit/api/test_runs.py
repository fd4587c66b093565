"""Runs over HTTP: contract section 4."""

from typing import Any

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import MISSING_ID, Api
from tests.unit.api.flows import finish, get_run, get_task, make_run, make_task


def test_a_new_run_is_pending_and_shows_only_what_is_set(api: Api, clock: ManualClock) -> None:
    run = make_run(api, inputData={"orderId": "o-1"})
    assert run == {
        "id": run["id"],
        "orgId": "acme",
        "status": "pending",
        "inputData": {"orderId": "o-1"},
        "totalTasks": 0,
        "pendingTasks": 0,
        "completedTasks": 0,
        "failedTasks": 0,
        "cancelledTasks": 0,
        "autoComplete": False,
        "createdAt": clock.now_ms(),
        "updatedAt": clock.now_ms(),
    }
    assert get_run(api, run["id"]) == run
    assert run["id"][14] == "7"


def test_a_null_input_is_a_value(api: Api) -> None:
    run = make_run(api, inputData=None)
    assert "inputData" in get_run(api, run["id"])
    assert get_run(api, run["id"])["inputData"] is None


def test_starting_and_ending_by_patch_sets_the_times(api: Api, clock: ManualClock) -> None:
    run = make_run(api)
    clock.advance(1000)
    started = api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "running"}).body
    assert (started["status"], started["startedAt"]) == ("running", clock.now_ms())
    clock.advance(2500)
    ended = api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "completed", "outputData": [1]}).body
    assert (ended["completedAt"], ended["durationMs"], ended["outputData"]) == (clock.now_ms(), 2500, [1])


def test_the_duration_of_a_run_that_never_started_counts_from_its_creation(
    api: Api, clock: ManualClock
) -> None:
    run = make_run(api)
    clock.advance(700)
    ended = api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "failed", "errorData": {"why": 1}}).body
    assert (ended["durationMs"], ended["errorData"]) == (700, {"why": 1})
    assert "startedAt" not in ended


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_a_patch_repeated_on_an_ended_run_is_a_no_op_and_anything_else_409(
    api: Api, clock: ManualClock, status: str
) -> None:
    run = make_run(api)
    patch = {"status": status, "outputData": {"x": 1}}
    first = api("PATCH", f"/api/v1/runs/{run['id']}", patch)
    clock.advance(10)
    again = api("PATCH", f"/api/v1/runs/{run['id']}", patch)
    assert (again.status, again.body) == (200, first.body)
    others: list[dict[str, Any]] = [
        {"status": "running"},
        {"metadata": {}},
        {"outputData": 2},
        {"status": status, "outputData": 2},
    ]
    for other in others:
        answer = api("PATCH", f"/api/v1/runs/{run['id']}", other)
        assert (answer.status, answer.body["code"]) == (409, "conflict")


def test_a_running_run_does_not_go_back_to_pending(api: Api) -> None:
    run = make_run(api)
    assert api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "pending"}).status == 200
    api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "running"})
    assert api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "pending"}).status == 409


def test_an_empty_patch_is_400(api: Api) -> None:
    run = make_run(api)
    task = make_task(api, run["id"])
    for url in (f"/api/v1/runs/{run['id']}", f"/api/v1/tasks/{task['id']}"):
        for body in ({}, {"colour": "red"}):
            assert api("PATCH", url, body).status == 400


def test_counters_follow_the_tasks(api: Api) -> None:
    run = make_run(api)
    tasks = [make_task(api, run["id"], maxRetries=0) for _ in range(4)]
    finish(api, tasks[0]["id"])
    finish(api, tasks[1]["id"], "failed")
    api("PATCH", f"/api/v1/tasks/{tasks[2]['id']}", {"status": "cancelled"})
    now = get_run(api, run["id"])
    names = ("totalTasks", "pendingTasks", "completedTasks", "failedTasks", "cancelledTasks")
    assert [now[name] for name in names] == [4, 1, 1, 1, 1]
    assert now["status"] == "running"


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (["completed", "completed"], "completed"),
        (["completed", "failed"], "failed"),
        (["completed", "cancelled"], "completed"),
        (["cancelled", "cancelled"], "cancelled"),
        (["failed", "cancelled"], "failed"),
    ],
)
def test_an_auto_complete_run_ends_with_its_last_task(api: Api, ends: list[str], expected: str) -> None:
    run = make_run(api, autoComplete=True)
    tasks = [make_task(api, run["id"]) for _ in ends]
    for index, (task, end) in enumerate(zip(tasks, ends, strict=True)):
        api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": end})
        ended = get_run(api, run["id"])["status"] not in ("pending", "running")
        assert ended == (index == len(ends) - 1)
    assert get_run(api, run["id"])["status"] == expected


def test_a_run_without_tasks_or_without_auto_complete_stays_open(api: Api) -> None:
    empty = make_run(api, autoComplete=True)
    manual = make_run(api)
    finish(api, make_task(api, manual["id"])["id"])
    assert get_run(api, empty["id"])["status"] == "pending"
    assert get_run(api, manual["id"])["status"] == "running"


def test_reports_after_a_run_ended_by_patch_are_still_recorded(api: Api) -> None:
    run = make_run(api)
    task = make_task(api, run["id"])
    api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "failed"})
    assert finish(api, task["id"])["outcome"] == "recorded"
    assert get_task(api, task["id"])["status"] == "completed"
    assert get_run(api, run["id"])["completedTasks"] == 1


def test_an_ended_run_takes_no_more_tasks(api: Api) -> None:
    run = make_run(api)
    api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "completed"})
    answer = api("POST", "/api/v1/tasks", {"runId": run["id"], "type": "t", "inputData": 1})
    assert (answer.status, answer.body["code"]) == (409, "conflict")


def test_runs_are_listed_newest_first_and_walked_by_cursor(api: Api, clock: ManualClock) -> None:
    made = []
    for _ in range(7):
        made.append(make_run(api)["id"])
        clock.advance(1)
    seen: list[str] = []
    cursor = ""
    pages = 0
    while True:
        page = api("GET", f"/api/v1/runs?limit=3{cursor}").body
        pages += 1
        seen += [run["id"] for run in page["data"]]
        if "nextCursor" not in page["pagination"]:
            break
        cursor = f"&cursor={page['pagination']['nextCursor']}"
    assert (seen, pages) == (made[::-1], 3)
    assert page["pagination"]["limit"] == 3
    ascending = api("GET", "/api/v1/runs?sortOrder=asc&limit=100").body["data"]
    assert [run["id"] for run in ascending] == made


def test_a_list_counts_its_rows_once_unless_told_not_to(api: Api, clock: ManualClock) -> None:
    for _ in range(3):
        make_run(api)
        clock.advance(1)
    first = api("GET", "/api/v1/runs?limit=2").body["pagination"]
    assert first["total"] == 3
    make_run(api)
    second = api("GET", f"/api/v1/runs?limit=2&cursor={first['nextCursor']}").body["pagination"]
    assert second["total"] == 3
    assert "total" not in api("GET", "/api/v1/runs?total=false").body["pagination"]
    assert api("GET", "/api/v1/runs?total=perhaps").status == 400


def test_a_cursor_is_bound_to_its_query_and_organization(api: Api, clock: ManualClock) -> None:
    for _ in range(3):
        make_run(api)
        clock.advance(1)
    cursor = api("GET", "/api/v1/runs?limit=1").body["pagination"]["nextCursor"]
    other = api.another("globex")
    assert api("GET", f"/api/v1/runs?limit=2&cursor={cursor}").status == 200
    for caller, url in (
        (api, f"/api/v1/runs?limit=1&sortOrder=asc&cursor={cursor}"),
        (other, f"/api/v1/runs?limit=1&cursor={cursor}"),
        (api, f"/api/v1/runs?cursor={cursor[:-2]}"),
        (api, "/api/v1/runs?cursor=%00"),
        (api, "/api/v1/runs?cursor="),
    ):
        answer = caller("GET", url)
        assert (answer.status, answer.body["code"]) == (400, "invalid_cursor")


def test_lists_leave_out_large_payloads_and_say_so(api: Api) -> None:
    run = make_run(api, inputData="x" * 70_000, metadata={"a": 1})
    [row] = api("GET", "/api/v1/runs").body["data"]
    assert row["inputDataOmitted"] is True
    assert "inputData" not in row
    assert len(get_run(api, run["id"])["inputData"]) == 70_000


def test_an_unknown_run_is_404(api: Api) -> None:
    assert api("GET", f"/api/v1/runs/{MISSING_ID}").status == 404
