"""What is refused of dependencies: by name, before anything exists. Contract section 6."""

from typing import Any

import pytest

from tests.factories import MISSING_ID, MISSING_TASK_ID, Api
from tests.unit.api.flows import finish, get_run, make_graph, make_run, make_task, messages

Tasks = list[dict[str, Any]]

TASK = {"type": "t", "inputData": None}


def after(*names: str, **fields: Any) -> dict[str, Any]:
    return {"dependsOn": list(names), **fields}


def ring(length: int) -> Tasks:
    """Tasks that wait for each other in a circle."""
    return [after(f"r{(n - 1) % length}", ref=f"r{n}") for n in range(length)]


def outside(count: int) -> list[str]:
    return [f"{n:08x}-0000-8000-8000-000000000000" for n in range(count)]


UPPER = "0190C5C8-AAAA-8000-8000-000000000000"
FAN_IN = 'must be "all", "any" or {"atLeast": n} with n from 1 to 50'
WRONG: list[tuple[Tasks, str, str]] = [
    ([after("me", ref="me")], "tasks[0].dependsOn[0]", "circle"),
    ([{}, after("b", ref="a"), after("a", ref="b")], "tasks[2].dependsOn[0]", "circle"),
    ([{"ref": "ok"}, *ring(89)], "dependsOn[", "circle"),
    ([{"ref": "a"}, after("a", "nobody")], "tasks[1].dependsOn[1]", "neither"),
    ([{"ref": "a"}, after("A")], "tasks[1].dependsOn[0]", "neither"),
    ([after(MISSING_TASK_ID)], "tasks[0].dependsOn[0]", "not the id of a task of this run"),
    ([after(MISSING_ID)], "tasks[0].dependsOn[0]", "not the id of a task of this run"),
    ([{"ref": "a"}, {}, {}, after("a", UPPER)], "tasks[3].dependsOn[1]", "not the id of a task of this run"),
    ([{"ref": "a"}, {}, {"ref": "a"}], "tasks[2].ref", "another task"),
    ([{"ref": ""}], "tasks[0].ref", ""),
    ([{"ref": "r" * 65}], "tasks[0].ref", ""),
    ([{"ref": 7}], "tasks[0].ref", ""),
    ([{"ref": None}], "tasks[0].ref", "null"),
    ([{"dependsOn": "a"}], "tasks[0].dependsOn", ""),
    ([{"dependsOn": None}], "tasks[0].dependsOn", "null"),
    ([{"dependsOn": {"a": 1}}], "tasks[0].dependsOn", ""),
    ([{"dependsOn": ["a", 7]}], "tasks[0].dependsOn[1]", ""),
    ([{"dependsOn": ["a", ""]}], "tasks[0].dependsOn[1]", ""),
    ([{"dependsOn": ["a" * 65]}], "tasks[0].dependsOn[0]", ""),
    ([{"dependsOn": outside(51)}], "tasks[0].dependsOn", "at most 50"),
    (
        [*({"ref": f"d{n}"} for n in range(51)), after(*(f"d{n}" for n in range(51)))],
        "tasks[51].dependsOn",
        "50",
    ),
    ([{"ref": "a"}, after("a", fanIn="most")], "tasks[1].fanIn", FAN_IN),
    ([{"ref": "a"}, after("a", fanIn=None)], "tasks[1].fanIn", "null"),
    ([{"ref": "a"}, after("a", fanIn=1)], "tasks[1].fanIn", FAN_IN),
    ([{"ref": "a"}, after("a", fanIn={})], "tasks[1].fanIn", FAN_IN),
    ([{"ref": "a"}, after("a", fanIn={"atLeast": 0})], "tasks[1].fanIn", FAN_IN),
    ([{"ref": "a"}, after("a", fanIn={"atLeast": 51})], "tasks[1].fanIn", FAN_IN),
    ([{"ref": "a"}, after("a", fanIn={"atLeast": "1"})], "tasks[1].fanIn", FAN_IN),
    ([{"ref": "a"}, after("a", fanIn={"atLeast": True})], "tasks[1].fanIn", FAN_IN),
    ([{"ref": "a"}, after("a", fanIn={"atLeast": 2})], "tasks[1].fanIn.atLeast", "there are 1"),
    ([{"ref": "a"}, after("a", "a", fanIn={"atLeast": 2})], "tasks[1].fanIn.atLeast", "there are 1"),
    ([{"fanIn": {"atLeast": 1}}], "tasks[0].fanIn", "there are 0"),
    ([{"fanIn": "any"}], "tasks[0].fanIn", "there are 0"),
    ([{"allowFailure": "yes"}], "tasks[0].allowFailure", ""),
    ([{"allowFailure": None}], "tasks[0].allowFailure", "null"),
]


def assert_refused(answer: Any, path: str, text: str) -> None:
    assert (answer.status, answer.body["code"]) == (400, "invalid_request"), answer
    [detail] = answer.body["details"]
    assert path in detail["path"]
    assert text in detail["message"]
    assert detail["path"] in answer.body["error"]


@pytest.mark.parametrize(("tasks", "path", "text"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_graph_is_400_names_the_culprit_and_makes_no_run(
    api: Api, tasks: Tasks, path: str, text: str
) -> None:
    body = {"inputData": None, "tasks": [{**TASK, **task} for task in tasks]}
    assert_refused(api("POST", "/api/v1/runs", body), path, text)
    assert api("GET", "/api/v1/runs").body["data"] == []
    assert messages(api) == []


@pytest.mark.parametrize(("tasks", "path", "text"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_batch_is_400_names_the_culprit_and_makes_no_task(
    api: Api, tasks: Tasks, path: str, text: str
) -> None:
    run_id = make_run(api)["id"]
    body = {"tasks": [{**TASK, "runId": run_id, "enqueue": True, **task} for task in tasks]}
    assert_refused(api("POST", "/api/v1/tasks/batch", body), path, text)
    assert get_run(api, run_id)["totalTasks"] == 0
    assert messages(api) == []


ALONE = [(tasks[0], path, text) for tasks, path, text in WRONG if len(tasks) == 1]


@pytest.mark.parametrize(("task", "path", "text"), ALONE, ids=range(len(ALONE)))
def test_a_wrong_task_is_400_names_the_culprit_and_is_not_made(
    api: Api, task: dict[str, Any], path: str, text: str
) -> None:
    run_id = make_run(api)["id"]
    answer = api("POST", "/api/v1/tasks", {**TASK, "runId": run_id, "enqueue": True, **task})
    assert_refused(answer, path.removeprefix("tasks[0]."), text)
    assert "tasks[" not in answer.body["details"][0]["path"]
    assert get_run(api, run_id)["totalTasks"] == 0
    assert messages(api) == []


def test_every_culprit_is_named(api: Api) -> None:
    body = {"inputData": 1, "tasks": [{**TASK, **after("x")}, {**TASK, **after("y", "z")}]}
    details = api("POST", "/api/v1/runs", body).body["details"]
    assert [each["path"] for each in details] == [
        "tasks[0].dependsOn[0]",
        "tasks[1].dependsOn[0]",
        "tasks[1].dependsOn[1]",
    ]


def test_a_circle_is_named_by_one_of_its_own_dependencies(api: Api) -> None:
    tail = [after("r0", ref="behind"), {"ref": "free"}, after("behind", "free")]
    body = {"inputData": 1, "tasks": [{**TASK, **task} for task in [*tail, *ring(20)]]}
    [detail] = api("POST", "/api/v1/runs", body).body["details"]
    assert detail["path"] in {f"tasks[{at}].dependsOn[0]" for at in range(3, 23)}


def test_a_task_of_another_run_is_no_dependency(api: Api) -> None:
    other = make_task(api, make_run(api)["id"])
    run_id = make_run(api)["id"]
    mine = make_task(api, run_id)
    task = {**TASK, "runId": run_id, "enqueue": True}
    refusal = api("POST", "/api/v1/tasks", {**task, "dependsOn": [mine["id"], other["id"]]})
    assert_refused(refusal, "dependsOn[1]", "not the id of a task of this run")
    refusal = api("POST", "/api/v1/tasks/batch", {"tasks": [task, {**task, "dependsOn": [other["id"]]}]})
    assert_refused(refusal, "tasks[1].dependsOn[0]", "not the id of a task of this run")
    with_run = {"inputData": 1, "tasks": [{**TASK, "dependsOn": [other["id"]]}]}
    assert_refused(api("POST", "/api/v1/runs", with_run), "tasks[0].dependsOn[0]", "not the id")
    assert get_run(api, run_id)["totalTasks"] == 1


def test_another_organizations_task_is_answered_like_one_that_does_not_exist(api: Api) -> None:
    theirs = api.another("globex")
    run_id = make_run(theirs)["id"]
    task = make_task(theirs, run_id)
    mine = make_run(api)["id"]
    body = {**TASK, "runId": mine, "enqueue": True}
    foreign = api("POST", "/api/v1/tasks", {**body, "dependsOn": [task["id"]]})
    unknown = api("POST", "/api/v1/tasks", {**body, "dependsOn": [MISSING_TASK_ID]})
    assert_refused(foreign, "dependsOn[0]", "not the id of a task of this run")
    assert foreign.body == unknown.body
    assert get_run(api, mine)["totalTasks"] == 0


@pytest.mark.parametrize(
    ("tasks", "dependencies", "fits"), [(45, 50, True), (46, 50, False), (90, 5, True), (90, 6, False)]
)
def test_tasks_and_dependencies_outside_the_call_are_95_at_most(
    api: Api, tasks: int, dependencies: int, fits: bool
) -> None:
    run_id = make_run(api)["id"]
    old = [make_task(api, run_id)["id"] for _ in range(dependencies)]
    bodies: Tasks = [{**TASK, "runId": run_id, "enqueue": True} for _ in range(tasks)]
    # The same dependency named by many tasks counts once.
    for at, body in enumerate(bodies):
        body["dependsOn"] = [old[at % dependencies], old[0]]
    bodies[-1]["dependsOn"] = old
    answer = api("POST", "/api/v1/tasks/batch", {"tasks": bodies})
    if fits:
        assert answer.status == 201
        return
    assert_refused(answer, "dependsOn[", "at most 95 together")
    assert get_run(api, run_id)["totalTasks"] == dependencies


def test_a_repeated_dependency_counts_once(api: Api) -> None:
    run = make_graph(api, [{"ref": "a"}, after(*["a"] * 60, ref="b", fanIn={"atLeast": 1})])
    ids = run["taskIds"]
    assert api("GET", f"/api/v1/tasks/{ids['b']}").body["dependsOn"] == [ids["a"]]
    finish(api, ids["a"])
    assert api("GET", f"/api/v1/tasks/{ids['b']}").body["status"] == "queued"


def test_fifty_dependencies_are_taken(api: Api) -> None:
    names = [f"d{n}" for n in range(50)]
    run = make_graph(api, [*({"ref": name} for name in names), after(*names, ref="end")])
    task = api("GET", f"/api/v1/tasks/{run['taskIds']['end']}").body
    assert task["dependsOn"] == [run["taskIds"][name] for name in names]


def test_a_ref_that_looks_like_an_id_is_a_ref(api: Api) -> None:
    run = make_graph(api, [{"ref": MISSING_TASK_ID}, after(MISSING_TASK_ID, ref="b")])
    ids = run["taskIds"]
    assert api("GET", f"/api/v1/tasks/{ids['b']}").body["dependsOn"] == [ids[MISSING_TASK_ID]]


def test_an_id_in_capitals_is_the_same_id(api: Api) -> None:
    run_id = make_run(api)["id"]
    first = make_task(api, run_id)
    second = make_task(api, run_id, dependsOn=[first["id"].upper(), first["id"]])
    assert (second["status"], second["dependsOn"]) == ("pending", [first["id"]])


def test_a_ref_may_hold_any_text(api: Api) -> None:
    refs = ["é", " ", "a.b[0]", "🙂" * 64, "x" * 64]
    run = make_graph(api, [{"ref": ref} for ref in refs])
    assert list(run["taskIds"]) == refs


def test_all_is_the_default_and_may_be_said_without_dependencies(api: Api) -> None:
    task = make_task(api, make_run(api)["id"], fanIn="all", dependsOn=[])
    assert (task["status"], task["fanIn"], "dependsOn" in task) == ("queued", "all", False)
