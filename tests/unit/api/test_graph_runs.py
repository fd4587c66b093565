"""A run that is created with its tasks: contract sections 4 and 6."""

from typing import Any

import pytest

from tests.factories import MISSING_TASK_ID, Answered, Api
from tests.unit.api.flows import fail, finish, get_run, get_task, make_graph, messages, statuses

MIB = 1024 * 1024
TASK = {"type": "t", "inputData": None}
PAIR: list[dict[str, Any]] = [{**TASK, "ref": "b", "dependsOn": ["a"]}, {**TASK, "ref": "a"}]


def create(api: Api, tasks: list[dict[str, Any]], key: str | None = None, **fields: Any) -> Answered:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api("POST", "/api/v1/runs", {"inputData": None, "tasks": tasks, **fields}, headers=headers)


def listed(api: Api, run_id: str) -> list[str]:
    rows = api("GET", f"/api/v1/tasks?runId={run_id}&sortOrder=asc&limit=100").body["data"]
    return [row["id"] for row in rows]


def assert_nothing(api: Api) -> None:
    assert api("GET", "/api/v1/runs").body["data"] == []
    assert messages(api) == []


def test_the_answer_has_the_ids_by_ref_and_the_tasks_lie_in_the_order_of_the_request(api: Api) -> None:
    refs = [f"r{n}" for n in range(90)]
    tasks = [{**TASK, "ref": ref, "dependsOn": refs[at + 1 : at + 3]} for at, ref in enumerate(refs)]
    answer = create(api, tasks)
    run = answer.body
    assert (answer.status, run["status"], run["totalTasks"], run["pendingTasks"]) == (201, "pending", 90, 90)
    assert list(run["taskIds"]) == refs
    ids = list(run["taskIds"].values())
    assert ids == sorted(set(ids)) == listed(api, run["id"])
    assert [message["taskId"] for message in messages(api)] == [ids[-1]]
    assert get_task(api, ids[0])["dependsOn"] == ids[1:3]


def test_tasks_without_a_ref_are_created_and_not_named(api: Api) -> None:
    run = create(api, [TASK, {**TASK, "ref": "named"}]).body
    assert list(run["taskIds"]) == ["named"]
    assert create(api, [TASK]).body["taskIds"] == {}
    assert len(messages(api)) == 3


def test_a_run_without_tasks_names_none_and_does_not_complete_by_itself(api: Api) -> None:
    run = api("POST", "/api/v1/runs", {"inputData": None}).body
    assert "taskIds" not in run
    assert run["autoComplete"] is False


@pytest.mark.parametrize(
    ("given", "completes"), [({}, True), ({"autoComplete": True}, True), ({"autoComplete": False}, False)]
)
def test_a_run_with_tasks_completes_by_itself_unless_told(
    api: Api, given: dict[str, bool], completes: bool
) -> None:
    run = make_graph(api, [{"ref": "a"}], **given)
    assert run["autoComplete"] is completes
    finish(api, run["taskIds"]["a"])
    assert get_run(api, run["id"])["status"] == ("completed" if completes else "running")


def test_every_field_of_a_task_is_kept(api: Api) -> None:
    fields = {
        "type": "special",
        "inputData": {"deep": [None]},
        "metadata": {"m": 1},
        "maxRetries": 7,
        "retryPolicy": {"initialSeconds": 1.5, "factor": 3.0, "maxSeconds": 60.0},
        "queue": "my-app:tasks",
        "timeoutSeconds": 60,
        "allowFailure": True,
        "fanIn": {"atLeast": 1},
    }
    run = create(api, [{**TASK, "ref": "a"}, {**fields, "ref": "b", "dependsOn": ["a"]}]).body
    task = get_task(api, run["taskIds"]["b"])
    assert {name: task[name] for name in fields} == fields
    assert (task["status"], task["priority"], "ref" in task) == ("pending", "normal", False)
    finish(api, run["taskIds"]["a"])
    assert [message["taskId"] for message in messages(api, "my-app:tasks")] == [task["id"]]


def test_what_is_not_a_field_of_such_a_task_is_ignored(api: Api) -> None:
    run = create(api, [{**TASK, "ref": "a", "runId": MISSING_TASK_ID, "enqueue": False}]).body
    task = get_task(api, run["taskIds"]["a"])
    assert (task["runId"], task["status"]) == (run["id"], "queued")


@pytest.mark.parametrize(
    ("tasks", "status"),
    [
        ([TASK, {**TASK, "inputData": "x" * MIB}], 413),
        ([TASK, {**TASK, "metadata": {"m": "x" * 16_384}}], 413),
        ([TASK, {**TASK, "dependsOn": ["nobody"]}], 400),
        ([TASK, {**TASK, "dependsOn": [MISSING_TASK_ID]}], 400),
        ([TASK, {**TASK, "parentTaskId": MISSING_TASK_ID}], 404),
        ([TASK, {**TASK, "priority": "urgent"}], 400),
        ([TASK, {**TASK, "startBy": 1}], 400),
        ([TASK, {"type": "t"}], 400),
        ([TASK] * 91, 400),
        ([], 400),
    ],
    ids=range(10),
)
def test_a_run_is_created_with_all_its_tasks_or_not_at_all(
    api: Api, tasks: list[dict[str, Any]], status: int
) -> None:
    for key in (None, "k"):
        assert create(api, tasks, key).status == status
        assert_nothing(api)
    assert create(api, PAIR, "k").status == 201


def test_the_same_key_answers_the_same_run_and_ids_as_they_are_now(api: Api) -> None:
    first = create(api, PAIR, "once")
    finish(api, first.body["taskIds"]["a"])
    again = create(api, PAIR, "once")
    assert (first.status, again.status) == (201, 200)
    assert (again.body["id"], again.body["taskIds"]) == (first.body["id"], first.body["taskIds"])
    assert (again.body["status"], again.body["completedTasks"]) == ("running", 1)
    assert len(api("GET", "/api/v1/runs").body["data"]) == 1
    assert len(messages(api)) == 2  # one for each task that could start


def test_the_same_key_with_another_graph_is_409(api: Api) -> None:
    create(api, PAIR, "once")
    answer = create(api, [PAIR[1], PAIR[0]], "once")
    assert (answer.status, answer.body["code"]) == (409, "idempotency_key_reused")
    assert len(messages(api)) == 1


def test_a_batch_with_refs_is_repeated_by_its_key(api: Api) -> None:
    run_id = api("POST", "/api/v1/runs", {"inputData": None}).body["id"]
    body = {"tasks": [{**task, "runId": run_id, "enqueue": True} for task in PAIR]}
    first = api("POST", "/api/v1/tasks/batch", body, headers={"Idempotency-Key": "once"})
    fail(api, first.body["data"][1]["id"])
    again = api("POST", "/api/v1/tasks/batch", body, headers={"Idempotency-Key": "once"})
    assert (first.status, again.status) == (201, 200)
    assert [task["id"] for task in again.body["data"]] == [task["id"] for task in first.body["data"]]
    assert [task["status"] for task in again.body["data"]] == ["cancelled", "failed"]
    assert get_run(api, run_id)["totalTasks"] == 2


def test_a_graph_is_its_organizations_own(api: Api) -> None:
    run = make_graph(api, PAIR)
    theirs = api.another("globex")
    assert theirs("GET", f"/api/v1/runs/{run['id']}").status == 404
    assert theirs("GET", f"/api/v1/tasks/{run['taskIds']['a']}").status == 404
    assert statuses(api, run) == {"b": "pending", "a": "queued"}
