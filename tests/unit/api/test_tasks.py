"""Tasks over HTTP as an application sees them: contract section 5."""

import json

import pytest

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.transitions import ENDED_TASK, TASK_TRANSITIONS, Cause
from foreman_engine.memory.clock import ManualClock
from tests.factories import MISSING_ID, MISSING_TASK_ID, Api
from tests.unit.api.flows import finish, get_run, get_task, make_run, make_task, messages


def test_an_enqueued_task_is_queued_and_its_message_carries_ids_only(api: Api, clock: ManualClock) -> None:
    run = make_run(api)
    task = make_task(api, run["id"], inputData={"secret": 1}, metadata={"m": 1})
    assert (task["status"], task["queuedAt"], task["queue"]) == ("queued", clock.now_ms(), "foreman:tasks")
    assert messages(api) == [{"taskId": task["id"], "runId": run["id"], "orgId": "acme", "type": "t", "v": 1}]
    assert get_task(api, task["id"]) == task


def test_a_task_that_is_only_recorded_is_pending_and_has_no_message(api: Api) -> None:
    run = make_run(api)
    answer = api("POST", "/api/v1/tasks", {"runId": run["id"], "type": "t", "inputData": None})
    assert (answer.status, answer.body["status"]) == (201, "pending")
    assert "queue" not in answer.body
    assert messages(api) == []


def test_a_task_goes_to_the_queue_it_names(api: Api) -> None:
    run = make_run(api)
    task = make_task(api, run["id"], queue="my-app:tasks")
    assert [message["taskId"] for message in messages(api, "my-app:tasks")] == [task["id"]]
    assert messages(api) == []


def test_a_batch_is_answered_and_ordered_as_it_was_asked(api: Api) -> None:
    run = make_run(api)
    body = {
        "tasks": [
            {"runId": run["id"], "type": f"t{n}", "inputData": n, "enqueue": n % 2 == 0} for n in range(90)
        ]
    }
    answer = api("POST", "/api/v1/tasks/batch", body)
    assert answer.status == 201
    assert [task["inputData"] for task in answer.body["data"]] == list(range(90))
    ids = [task["id"] for task in answer.body["data"]]
    assert ids == sorted(ids)
    assert len(messages(api)) == 45
    assert get_run(api, run["id"])["totalTasks"] == 90


def test_a_batch_is_all_or_nothing(api: Api) -> None:
    run = make_run(api)
    good = {"runId": run["id"], "type": "t", "inputData": 1, "enqueue": True}
    for bad, status in (
        ({**good, "parentTaskId": MISSING_TASK_ID}, 404),
        ({**good, "runId": make_run(api)["id"]}, 400),
        ({**good, "inputData": "x" * 1_048_577}, 413),
    ):
        assert api("POST", "/api/v1/tasks/batch", {"tasks": [good, bad]}).status == status
    assert get_run(api, run["id"])["totalTasks"] == 0
    assert messages(api) == []


def test_a_parent_must_be_in_the_same_run(api: Api) -> None:
    run, other = make_run(api), make_run(api)
    parent, stranger = make_task(api, run["id"]), make_task(api, other["id"])
    assert make_task(api, run["id"], parentTaskId=parent["id"])["parentTaskId"] == parent["id"]
    for wrong in (stranger["id"], MISSING_TASK_ID, run["id"]):
        body = {"runId": run["id"], "type": "t", "inputData": 1, "parentTaskId": wrong}
        assert api("POST", "/api/v1/tasks", body).status == 404


def test_a_task_of_an_unknown_run_is_404(api: Api) -> None:
    answer = api("POST", "/api/v1/tasks", {"runId": MISSING_ID, "type": "t", "inputData": 1})
    assert answer.status == 404


def reach(api: Api, status: TaskStatus) -> str:
    """A task in `status`, by PATCH alone."""
    run = make_run(api)
    body = {"runId": run["id"], "type": "t", "inputData": 1}
    task_id = str(api("POST", "/api/v1/tasks", body).body["id"])
    steps = {
        TaskStatus.PENDING: [],
        TaskStatus.RETRYING: ["running", "retrying"],
    }.get(status, [status.value])
    for step in steps:
        assert api("PATCH", f"/api/v1/tasks/{task_id}", {"status": step}).status == 200
    return task_id


@pytest.mark.parametrize("before", list(TaskStatus))
@pytest.mark.parametrize("after", list(TaskStatus))
def test_a_patch_moves_a_task_only_as_the_table_says(api: Api, before: TaskStatus, after: TaskStatus) -> None:
    task_id = reach(api, before)
    answer = api("PATCH", f"/api/v1/tasks/{task_id}", {"status": after})
    permitted = after is before or after in TASK_TRANSITIONS[Cause.PATCH].get(before, ())
    assert answer.status == (200 if permitted else 409)
    assert get_task(api, task_id)["status"] == (after if permitted else before)
    assert messages(api) == []


def test_the_contract_allows_exactly_these_moves_by_patch() -> None:
    ends = set(ENDED_TASK)
    assert {before: set(after) for before, after in TASK_TRANSITIONS[Cause.PATCH].items()} == {
        TaskStatus.PENDING: {TaskStatus.QUEUED, TaskStatus.RUNNING} | ends,
        TaskStatus.QUEUED: {TaskStatus.RUNNING} | ends,
        TaskStatus.RUNNING: {TaskStatus.RETRYING, TaskStatus.QUEUED} | ends,
        TaskStatus.RETRYING: {TaskStatus.QUEUED, TaskStatus.RUNNING} | ends,
    }


def test_a_patched_task_keeps_its_first_times_and_counts_retries(api: Api, clock: ManualClock) -> None:
    task_id = reach(api, TaskStatus.RUNNING)
    first_start = get_task(api, task_id)["startedAt"]
    for step in ("retrying", "queued", "running"):
        clock.advance(100)
        task = api("PATCH", f"/api/v1/tasks/{task_id}", {"status": step}).body
    assert (task["startedAt"], task["queuedAt"], task["retryCount"]) == (first_start, first_start + 200, 1)
    clock.advance(100)
    done = api("PATCH", f"/api/v1/tasks/{task_id}", {"status": "completed", "outputData": None}).body
    assert (done["durationMs"], done["completedAt"], done["outputData"]) == (400, clock.now_ms(), None)


def test_a_failed_patch_is_final_whatever_max_retries(api: Api) -> None:
    task_id = reach(api, TaskStatus.RUNNING)
    failed = api("PATCH", f"/api/v1/tasks/{task_id}", {"status": "failed", "errorData": "e"}).body
    assert (failed["status"], failed["retryCount"], failed["errorData"]) == ("failed", 0, "e")


def test_a_patch_starts_the_run(api: Api) -> None:
    task_id = reach(api, TaskStatus.RUNNING)
    assert get_run(api, get_task(api, task_id)["runId"])["status"] == "running"


def test_a_patch_of_an_older_attempt_is_409(api: Api) -> None:
    run = make_run(api)
    task = make_task(api, run["id"])
    finish(api, task["id"], "failed")
    url = f"/api/v1/tasks/{task['id']}"
    assert api("PATCH", url, {"status": "cancelled", "attempt": 0}).status == 409
    assert api("PATCH", url, {"status": "cancelled", "attempt": 1}).status == 200


def test_an_ended_task_keeps_its_outcome(api: Api) -> None:
    run = make_run(api)
    task = make_task(api, run["id"])
    finish(api, task["id"], outputData=1)
    url = f"/api/v1/tasks/{task['id']}"
    assert api("PATCH", url, {"status": "completed", "outputData": 1}).status == 200
    assert api("PATCH", url, {"outputData": 2}).status == 409
    assert get_task(api, task["id"])["outputData"] == 1


def test_small_fields_can_be_patched_alone(api: Api) -> None:
    task_id = reach(api, TaskStatus.RUNNING)
    fields = {"metadata": {"a": 1}, "queueJobId": "job-1", "progress": {"percent": 50}}
    task = api("PATCH", f"/api/v1/tasks/{task_id}", fields).body
    assert {name: task[name] for name in fields} == fields
    too_large = {"metadata": {"a": "x" * 16_384}}, {"progress": "x" * 4097}
    assert [api("PATCH", f"/api/v1/tasks/{task_id}", body).status for body in too_large] == [413, 413]


def test_the_tasks_of_a_run_are_listed_newest_first_and_walked_by_cursor(api: Api) -> None:
    run = make_run(api)
    made = [make_task(api, run["id"])["id"] for _ in range(5)]
    make_task(api, make_run(api)["id"])
    first = api("GET", f"/api/v1/tasks?runId={run['id']}&limit=3").body
    assert first["pagination"]["total"] == 5
    cursor = first["pagination"]["nextCursor"]
    make_task(api, run["id"])
    second = api("GET", f"/api/v1/tasks?runId={run['id']}&limit=3&cursor={cursor}").body
    assert [task["id"] for task in first["data"] + second["data"]] == made[::-1]
    assert "nextCursor" not in second["pagination"]
    ascending = api("GET", f"/api/v1/tasks?runId={run['id']}&sortOrder=asc").body["data"]
    assert [task["id"] for task in ascending][:5] == made


def test_a_page_ends_early_rather_than_grow_past_4_mb(api: Api) -> None:
    run = make_run(api)
    for _ in range(70):
        make_task(api, run["id"], inputData="x" * 65_000)
    seen, cursor = 0, ""
    while True:
        page = api("GET", f"/api/v1/tasks?runId={run['id']}&limit=100{cursor}").body
        assert len(json.dumps(page)) <= 4 * 1024 * 1024
        seen += len(page["data"])
        if "nextCursor" not in page["pagination"]:
            break
        cursor = f"&cursor={page['pagination']['nextCursor']}"
    assert seen == 70
