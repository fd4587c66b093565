"""What each operation sends; the bodies are what the wire contract takes."""

import json
from typing import Any

import httpx
import pytest

from foreman_client import Foreman, RetryPolicy, RunStatus
from foreman_contract.base import RequestModel
from foreman_contract.run_data import CreateEntry
from foreman_contract.runs import CreateRun, PatchRun
from foreman_contract.service import Config
from foreman_contract.tasks import CreateTask, PatchTask
from tests.unit.client.records import RUN_ID, config_json, entry_json, page_json, run_json, task_id, task_json
from tests.unit.client.stub_service import CONFIG, StubService, answer, serving

TASK_ID = task_id(1)


def client_of(service: StubService) -> Foreman:
    return Foreman(CONFIG, Config.model_validate(config_json()), service.session())


def sent(body: Any, operation: str, *args: Any, **kwargs: Any) -> httpx.Request:
    """The one request of an operation that is answered with `body`."""
    service = serving(answer(200, body))
    getattr(client_of(service), operation)(*args, **kwargs).unwrap()
    (request,) = service.requests
    return request


def test_every_request_carries_the_key_and_says_who_asks() -> None:
    request = sent(run_json(), "get_run", RUN_ID)
    assert request.headers["authorization"] == "Bearer fmn_dev_acme_secret"
    assert request.headers["user-agent"].startswith("foreman-client/")
    assert str(request.url) == f"http://foreman.test/prod/api/v1/runs/{RUN_ID}"


ALL_TASK_FIELDS = {
    "run_id": RUN_ID,
    "type": "work",
    "input_data": None,
    "parent_task_id": TASK_ID,
    "metadata": {"a": 1},
    "max_retries": 0,
    "retry_policy": RetryPolicy(initial_seconds=1.5),
    "timeout_seconds": 60,
    "delay_seconds": 1.5,
    "queue": "other",
    "priority": "high",
    "ref": "me",
    "depends_on": [TASK_ID, "other"],
    "fan_in": 2,
    "allow_failure": True,
}


@pytest.mark.parametrize(
    ("operation", "arguments", "model", "body"),
    [
        (
            "create_run",
            {"input_data": None},
            CreateRun,
            {"inputData": None, "resultQueue": "my-app:results"},
        ),
        (
            "create_run",
            {"input_data": [1], "metadata": {}, "auto_complete": True, "result_queue": "r"},
            CreateRun,
            {"inputData": [1], "metadata": {}, "autoComplete": True, "resultQueue": "r"},
        ),
        ("update_run", {"run_id": RUN_ID, "output_data": None}, PatchRun, {"outputData": None}),
        (
            "update_run",
            {"run_id": RUN_ID, "status": RunStatus.FAILED, "error_data": {"e": 1}, "metadata": {"m": 1}},
            PatchRun,
            {"status": "failed", "errorData": {"e": 1}, "metadata": {"m": 1}},
        ),
        (
            "create_task",
            {"run_id": RUN_ID, "type": "t", "input_data": {}},
            CreateTask,
            {"runId": RUN_ID, "type": "t", "inputData": {}},
        ),
        (
            "create_task",
            {"run_id": RUN_ID, "type": "t", "input_data": {}, "enqueue": True},
            CreateTask,
            {"runId": RUN_ID, "type": "t", "inputData": {}, "enqueue": True, "queue": "my-app:tasks"},
        ),
        (
            "enqueue_task",
            ALL_TASK_FIELDS,
            CreateTask,
            {
                "runId": RUN_ID,
                "type": "work",
                "inputData": None,
                "parentTaskId": TASK_ID,
                "metadata": {"a": 1},
                "maxRetries": 0,
                "retryPolicy": {"initialSeconds": 1.5},
                "timeoutSeconds": 60,
                "delaySeconds": 1.5,
                "queue": "other",
                "priority": "high",
                "enqueue": True,
                "ref": "me",
                "dependsOn": [TASK_ID, "other"],
                "fanIn": {"atLeast": 2},
                "allowFailure": True,
            },
        ),
        (
            "create_task",
            {"run_id": RUN_ID, "type": "t", "input_data": 1, "available_at": 1_800_000_000_000},
            CreateTask,
            {"runId": RUN_ID, "type": "t", "inputData": 1, "availableAt": 1_800_000_000_000},
        ),
        (
            "update_task",
            {
                "task_id": TASK_ID,
                "status": "running",
                "queue_job_id": "j",
                "attempt": 0,
                "progress": None,
                "output_data": 1,
            },
            PatchTask,
            {"status": "running", "queueJobId": "j", "attempt": 0, "progress": None, "outputData": 1},
        ),
        (
            "create_run_data",
            {
                "run_id": RUN_ID,
                "task_id": TASK_ID,
                "key": "k",
                "value": None,
                "tags": ["a", "b"],
                "metadata": {"m": 1},
            },
            CreateEntry,
            {"taskId": TASK_ID, "key": "k", "value": None, "tags": ["a", "b"], "metadata": {"m": 1}},
        ),
    ],
)
def test_bodies_hold_what_was_given_and_fit_the_contract(
    operation: str, arguments: dict[str, Any], model: type[RequestModel], body: dict[str, Any]
) -> None:
    answers = {"run": run_json(), "task": task_json(), "data": entry_json()}
    content = sent(answers[operation.split("_")[-1]], operation, **arguments).content
    assert json.loads(content) == body
    assert model.model_validate(json.loads(content)).to_wire() == body


@pytest.mark.parametrize(
    ("operation", "record", "path"),
    [
        ("cancel_run", run_json(), f"runs/{RUN_ID}/cancel"),
        ("retry_run", run_json(), f"runs/{RUN_ID}/retry"),
        ("cancel_task", task_json(), f"tasks/{TASK_ID}/cancel"),
        ("retry_task", task_json(), f"tasks/{TASK_ID}/retry"),
    ],
)
def test_a_command_is_its_path_and_has_no_body(operation: str, record: dict[str, Any], path: str) -> None:
    request = sent(record, operation, record["id"])
    assert (request.method, request.url.path) == ("POST", f"/prod/api/v1/{path}")
    assert (request.content, request.headers.get("content-type")) == (b"", None)


def query(request: httpx.Request) -> list[tuple[str, str]]:
    return request.url.params.multi_items()


def test_lists_ask_for_what_was_given_only() -> None:
    assert query(sent(page_json(), "list_runs")) == []
    request = sent(
        page_json(), "list_tasks", run_id=RUN_ID, status="failed", limit=5, total=False, sort_order="asc"
    )
    assert query(request) == [
        ("runId", RUN_ID),
        ("status", "failed"),
        ("limit", "5"),
        ("sortOrder", "asc"),
        ("total", "false"),
    ]


def test_run_data_filters_are_passed_on_and_lists_never_look_like_comma_lists() -> None:
    request = sent(
        page_json(),
        "query_run_data",
        RUN_ID,
        key="a,b",
        key_starts_with=["x,"],
        tags=["v", "w"],
        tag_mode="all",
        include_all=True,
    )
    assert query(request) == [
        ("key", "a,b"),
        ("tagMode", "all"),
        ("includeAll", "true"),
        ("keyStartsWith", "x,"),
        ("keyStartsWith", "x,"),
        ("tags", "v"),
        ("tags", "w"),
    ]


def test_an_empty_filter_is_left_for_the_service_to_refuse() -> None:
    assert query(sent(page_json(), "query_run_data", RUN_ID, tags=[])) == [("tags", "")]


def test_queue_settings_are_asked_for_by_name() -> None:
    request = sent(config_json()["queues"], "get_queue_config")
    assert query(request) == [("taskQueue", "my-app:tasks"), ("resultQueue", "my-app:results")]


@pytest.mark.parametrize("way_out", [".", ".."])
def test_an_id_that_every_url_resolves_away_is_refused(way_out: str) -> None:
    service = serving(answer(200, page_json()))
    with pytest.raises(ValueError, match="run_id must be an id"):
        client_of(service).query_run_data(way_out)
    assert service.requests == []


@pytest.mark.parametrize("arguments", [{"key": "\ud800"}, {"tags": ["ok", "\udfff"]}, {"cursor": "\ud800"}])
def test_what_no_url_can_carry_is_refused_by_its_name(arguments: dict[str, Any]) -> None:
    (name,) = arguments
    with pytest.raises(ValueError, match=f"{name} must not hold a lone surrogate"):
        client_of(serving(answer(200, page_json()))).query_run_data(RUN_ID, **arguments)


def test_filters_longer_than_any_url_are_wrong_arguments() -> None:
    keys = [f"{'é' * 200}{number}" for number in range(200)]
    with pytest.raises(ValueError, match="do not fit into a URL"):
        client_of(serving(answer(200, page_json()))).query_run_data(RUN_ID, keys=keys)


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    request = sent(run_json(), "get_run", "../tasks?x=1")
    assert request.url.raw_path == b"/prod/api/v1/runs/..%2Ftasks%3Fx%3D1"


@pytest.mark.parametrize(
    ("operation", "arguments", "error"),
    [
        ("get_run", {"run_id": ""}, ValueError),
        ("get_run", {"run_id": 7}, TypeError),
        ("get_run", {"run_id": None}, TypeError),
        ("wait_for_run", {"run_id": RUN_ID, "timeout_s": None}, TypeError),
        ("wait_for_run", {"run_id": RUN_ID, "timeout_s": float("nan")}, ValueError),
        ("create_run_data", {"run_id": RUN_ID, "task_id": RUN_ID, "key": None, "value": 1}, TypeError),
        ("cancel_run", {"run_id": ""}, ValueError),
        ("retry_task", {"task_id": 7}, TypeError),
        ("create_run", {"input_data": float("nan")}, ValueError),
        ("create_run", {"input_data": {1, 2}}, TypeError),
        ("create_run", {"input_data": 1, "metadata": [1]}, TypeError),
        ("create_run", {"input_data": 1, "auto_complete": 1}, TypeError),
        ("create_run", {}, TypeError),
        ("create_task", {"run_id": None, "type": "t", "input_data": 1}, TypeError),
        ("create_task", {"run_id": RUN_ID, "type": "t", "input_data": 1, "max_retries": True}, TypeError),
        ("create_task", {"run_id": RUN_ID, "type": "t", "input_data": 1, "start_by": 5}, TypeError),
        ("create_task", {"run_id": RUN_ID, "type": "t", "input_data": 1, "delay_seconds": "5"}, TypeError),
        ("create_task", {"run_id": RUN_ID, "type": "t", "input_data": 1, "available_at": 1.5}, TypeError),
        ("query_run_data", {"run_id": RUN_ID, "tags": "one"}, TypeError),
        ("query_run_data", {"run_id": RUN_ID, "tags": [1]}, TypeError),
        ("list_runs", {"limit": "20"}, TypeError),
        ("create_tasks", {"run_id": RUN_ID, "tasks": ["t"]}, TypeError),
        (
            "create_tasks",
            {"run_id": RUN_ID, "tasks": [{"type": "t", "input_data": 1, "bogus": 1}]},
            TypeError,
        ),
    ],
)
def test_wrong_arguments_raise_at_the_caller_and_nothing_is_sent(
    operation: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    service = serving(answer(200, {}))
    with pytest.raises(error):
        getattr(client_of(service), operation)(**arguments)
    assert service.requests == []
