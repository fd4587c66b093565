"""Graphs as the SDK declares them: refs in lists of any length, runs with their tasks, and what a task depends on."""

import json
from typing import Any

import httpx
import pytest

from foreman_client import AtLeast, Dependency, NewTask, Result, Run, Task
from foreman_client.operations import runs, tasks
from foreman_client.operations.task_batches import create_tasks, enqueue_tasks
from foreman_contract.runs import CreateRun
from foreman_contract.tasks import CreateTasks
from tests.unit.client.records import RUN_ID, error_json, run_json, task_id, task_json
from tests.unit.client.stub_service import StubService, answer, error_of, serving

OUTSIDE = task_id(999_999)


def new(name: str, *depends_on: str, **fields: Any) -> NewTask:
    """A task whose ref is its number."""
    task: dict[str, Any] = {"type": "t", "input_data": int(name), "ref": name, **fields}
    if depends_on:
        task["depends_on"] = list(depends_on)
    return task  # type: ignore[return-value]


def numbered(request: httpx.Request) -> httpx.Response:
    """Every task gets the id of its number."""
    bodies = json.loads(request.content)["tasks"]
    return answer(201, {"data": [task_json(body["inputData"]) for body in bodies]})


def create(service: StubService, new_tasks: list[NewTask], key: str | None = None) -> Result[list[Task]]:
    session = service.session()
    return session.run(enqueue_tasks(session.scope, run_id=RUN_ID, tasks=new_tasks, idempotency_key=key))


def calls(service: StubService) -> list[dict[int, list[str]]]:
    """Per call, what each task of it depends on, by its number."""
    for body in service.bodies():
        CreateTasks.model_validate(body)
    return [
        {task["inputData"]: task.get("dependsOn", []) for task in body["tasks"]} for body in service.bodies()
    ]


@pytest.mark.parametrize(
    ("fan_in", "sent"),
    [
        ("all", "all"),
        ("any", "any"),
        (2, {"atLeast": 2}),
        (AtLeast(at_least=3), {"atLeast": 3}),
        ({"atLeast": 4}, {"atLeast": 4}),
    ],
)
def test_a_fan_in_is_a_word_or_a_number(fan_in: Any, sent: Any) -> None:
    service = serving(answer(201, task_json()))
    session = service.session()
    steps = tasks.create_task(
        session.scope, run_id=RUN_ID, type="t", input_data=1, depends_on=[OUTSIDE], fan_in=fan_in
    )
    session.run(steps).unwrap()
    (body,) = service.bodies()
    assert (body["fanIn"], body["dependsOn"]) == (sent, [OUTSIDE])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"depends_on": "an-id"}, "depends_on"),
        ({"depends_on": [1]}, "depends_on"),
        ({"fan_in": True}, "fan_in"),
        ({"fan_in": 1.5}, "fan_in"),
        ({"ref": 1}, "ref"),
        ({"allow_failure": "yes"}, "allow_failure"),
        ({"dependsOn": []}, "dependsOn"),
        ({"run_id": RUN_ID}, "run_id"),
    ],
)
def test_a_wrong_argument_raises_at_the_caller_and_names_the_task(wrong: Any, named: str) -> None:
    service = serving(numbered)
    with pytest.raises(TypeError, match=rf"tasks\[1\].*{named}"):
        create(service, [new("0"), new("1", **wrong)])
    assert service.requests == []


def test_a_list_of_one_call_goes_as_it_is_and_the_service_judges_it() -> None:
    service = serving(numbered)
    create(service, [new("0", "1", OUTSIDE), new("1", "0", "nobody"), new("1")]).unwrap()
    assert [task["dependsOn"] for task in service.bodies()[0]["tasks"][:2]] == [
        ["1", OUTSIDE],
        ["0", "nobody"],
    ]


def test_in_later_calls_a_ref_is_the_id_that_it_got() -> None:
    service = serving(numbered)
    chain = [new("0"), *(new(str(n), str(n - 1), "0", OUTSIDE) for n in range(1, 200))]
    created = create(service, chain).unwrap()
    assert [task.input_data["n"] for task in created] == list(range(200))
    first, second, third = calls(service)
    assert (len(first), len(second), len(third)) == (90, 90, 20)
    assert first[89] == ["88", "0", OUTSIDE]
    assert second[90] == [task_id(89), task_id(0), OUTSIDE]
    assert second[91] == ["90", task_id(0), OUTSIDE]
    assert third[180] == [task_id(179), task_id(0), OUTSIDE]


def test_a_task_that_is_listed_before_what_it_depends_on_is_created_after_it_and_answered_in_place() -> None:
    service = serving(numbered)
    backwards = [*(new(str(n), str(n + 1)) for n in range(199)), new("199")]
    created = create(service, backwards).unwrap()
    assert [task.input_data["n"] for task in created] == list(range(200))
    first, second, third = calls(service)
    assert list(first) == list(range(199, 109, -1))
    assert second[109] == [task_id(110)]
    assert third[0] == ["1"]


def test_a_call_has_no_more_dependencies_outside_than_the_service_takes() -> None:
    service = serving(numbered)
    leaves = [new(str(n)) for n in range(200)]
    joins = [new(str(200 + n), *(str(50 * n + k) for k in range(50))) for n in range(4)]
    create(service, [*leaves, *joins]).unwrap()
    for call in calls(service):
        inside = {str(number) for number in call}
        outside = {name for names in call.values() for name in names if name not in inside}
        assert len(call) + len(outside) <= 95
    assert calls(service)[-1][203] == [task_id(n) for n in range(150, 200)]


def test_a_short_list_with_many_dependencies_outside_is_cut_too() -> None:
    service = serving(numbered)
    create(service, [new(str(n), task_id(1000 + n)) for n in range(60)]).unwrap()
    assert [len(call) for call in calls(service)] == [47, 13]


def test_the_same_list_again_sends_the_same_calls() -> None:
    first, second = serving(numbered), serving(numbered)
    chain = [new("0"), *(new(str(n), str(n - 1)) for n in range(1, 200))]
    create(first, chain, key="k")
    create(second, chain, key="k")
    assert [request.content for request in first.requests] == [request.content for request in second.requests]
    keys = [request.headers["idempotency-key"] for request in first.requests]
    assert len(set(keys)) == 3
    assert keys == [request.headers["idempotency-key"] for request in second.requests]


def test_a_call_that_fails_tells_how_many_tasks_exist() -> None:
    refusal = answer(409, error_json("conflict"))
    error = error_of(
        create(serving(numbered, refusal), [new("0"), *(new(str(n), "0") for n in range(1, 99))])
    )
    assert error.__notes__ == ["the first 90 of 99 tasks were created"]
    error = error_of(create(serving(numbered, refusal), [*(new(str(n), "99") for n in range(99)), new("99")]))
    assert error.__notes__ == ["90 of 100 tasks were created"]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ([new("100", "101"), new("101", "100")], r"tasks\[100\] .*circle"),
        ([new("100", "100")], r"tasks\[100\] .*circle"),
        ([new("100"), new("100")], r"tasks\[100\]: .* twice"),
        ([new("100", "nobody")], r"tasks\[100\]: 'nobody' is neither"),
        ([new("100", *(str(n) for n in range(51)))], r"tasks\[100\] .*more than 50"),
    ],
)
def test_a_long_list_that_cannot_be_is_refused_before_anything_is_sent(
    wrong: list[NewTask], text: str
) -> None:
    service = serving(numbered)
    with pytest.raises(ValueError, match=text):
        create(service, [*(new(str(n)) for n in range(100)), *wrong])
    assert service.requests == []


def test_a_wide_list_is_cut_in_reasonable_time() -> None:
    service = serving(numbered)
    leaves = [new(str(n), "0") for n in range(1, 5001)]
    create(service, [new("0"), *leaves]).unwrap()
    assert len(service.requests) == 56


class TestRuns:
    def sent(self, **arguments: Any) -> dict[str, Any]:
        service = serving(answer(201, run_json(taskIds={"a": task_id(1)})))
        session = service.session()
        run = session.run(runs.create_run(session.scope, input_data=None, **arguments)).unwrap()
        assert isinstance(run, Run)
        assert run.task_ids == {"a": task_id(1)}
        (body,) = service.bodies()
        CreateRun.model_validate(body)
        return dict(body)

    def test_its_tasks_go_to_the_configs_queue_unless_told(self) -> None:
        plain: NewTask = {"type": "t", "input_data": None, "ref": "a"}
        other: NewTask = {
            "type": "t",
            "input_data": 1,
            "queue": "other",
            "depends_on": ["a"],
            "fan_in": "any",
        }
        body = self.sent(tasks=[plain, other])
        assert body["tasks"] == [
            {"type": "t", "inputData": None, "queue": "my-app:tasks", "ref": "a"},
            {"type": "t", "inputData": 1, "queue": "other", "dependsOn": ["a"], "fanIn": "any"},
        ]
        assert "autoComplete" not in body

    def test_auto_complete_is_sent_when_it_is_said(self) -> None:
        task: NewTask = {"type": "t", "input_data": None}
        assert self.sent(tasks=[task], auto_complete=False)["autoComplete"] is False

    def test_an_empty_list_is_the_services_to_refuse(self) -> None:
        service = serving(answer(400, error_json("invalid_request")))
        session = service.session()
        assert not session.run(runs.create_run(session.scope, input_data=None, tasks=[])).success
        assert service.bodies()[0]["tasks"] == []

    @pytest.mark.parametrize("wrong", [{"run_id": RUN_ID}, {"enqueue": True}, {"type": None}, {"unknown": 1}])
    def test_what_is_no_field_of_such_a_task_raises(self, wrong: dict[str, Any]) -> None:
        task: Any = {"type": "t", "input_data": None, **wrong}
        with pytest.raises(TypeError, match=r"tasks\[0\]"):
            self.sent(tasks=[task])

    def test_a_task_that_is_no_mapping_raises(self) -> None:
        with pytest.raises(TypeError, match=r"tasks\[0\] must be a dict"):
            self.sent(tasks=["t"])


def test_dependencies_are_answered_as_a_typed_list() -> None:
    rows = [
        {"id": task_id(1), "type": "t", "status": "completed", "outputData": [None]},
        {"id": task_id(2), "type": "t", "status": "completed", "outputDataOmitted": True},
        {"id": task_id(3), "type": "t", "status": "failed", "new": "field"},
    ]
    service = serving(answer(200, {"data": rows}))
    session = service.session()
    found = session.run(tasks.get_dependencies(session.scope, task_id(4))).unwrap()
    assert all(isinstance(each, Dependency) for each in found)
    assert [(each.status, each.output_data, each.output_data_omitted) for each in found] == [
        ("completed", [None], None),
        ("completed", None, True),
        ("failed", None, None),
    ]
    assert service.requests[0].url.path == f"/prod/api/v1/tasks/{task_id(4)}/dependencies"


def test_an_empty_answer_is_no_list_of_dependencies() -> None:
    service = serving(answer(200, {}))
    session = service.session()
    assert error_of(session.run(tasks.get_dependencies(session.scope, "x"))).code == "unexpected_answer"


def test_a_created_task_tells_what_it_depends_on() -> None:
    record = task_json(dependsOn=[OUTSIDE], fanIn={"atLeast": 1}, allowFailure=True)
    service = serving(answer(201, {"data": [record]}))
    session = service.session()
    steps = create_tasks(session.scope, run_id=RUN_ID, tasks=[new("1", OUTSIDE, fan_in=1)])
    [task] = session.run(steps).unwrap()
    assert (task.depends_on, task.fan_in, task.allow_failure) == ([OUTSIDE], AtLeast(at_least=1), True)
