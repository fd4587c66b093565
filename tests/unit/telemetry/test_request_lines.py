"""One line per request, whatever becomes of it, and every metric in it."""

import logging
from typing import Any

import pytest

from app import app
from chalicelib.bootstrap import install
from foreman_engine.domain.errors import DeploymentError, UnavailableError
from foreman_engine.memory.clock import ManualClock
from tests.factories import MISSING_ID, Api, gateway_event, installed
from tests.lines import Log, check_emf, logged
from tests.unit.api.flows import (
    claim,
    fail,
    finish,
    heartbeat,
    make_graph,
    make_run,
    make_task,
    post,
    report,
    work,
)

SECRET = "a-payload-that-no-log-may-hold"


def broken(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_line_tells_who_asked_what_and_how_it_went(api: Api, log: Log) -> None:
    answer = api("GET", f"/api/v1/runs/{MISSING_ID}?x={SECRET}")
    [line] = log.lines
    check_emf(line)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["stage"]]
    key_id = line.pop("key_id")
    [known] = api.ports.keys.of_org("acme")
    assert key_id == known.key_id
    assert 0 <= line.pop("duration_ms") == line.pop("Latency") < 1000
    assert line.pop("timestamp").endswith("+00:00")
    del line["_aws"]
    assert line == {
        "level": "INFO",
        "message": "request",
        "service": "foreman",
        "request_id": answer.body["requestId"],
        "org_id": "acme",
        "method": "GET",
        "route": "/api/v1/runs/{run_id}",
        "status": 404,
        "code": "not_found",
        "read_units": 0.0,
        "write_units": 0.0,
        "cold_start": False,
        "stage": "test",
        "Requests": 1,
        "ClientErrors": 1,
        "ServerErrors": 0,
        "Throttles": 0,
        "ReadUnits": 0.0,
        "WriteUnits": 0.0,
    }


def test_neither_payloads_nor_keys_are_logged(api: Api, log: Log) -> None:
    run = make_run(api, inputData=SECRET, metadata={"note": SECRET})
    task = make_task(api, run["id"], inputData=SECRET)
    finish(api, task["id"], outputData=SECRET)
    api("POST", "/api/v1/runs", {"inputData": SECRET, "autoComplete": SECRET})
    api("POST", "/api/v1/runs", {}, headers={"Authorization": f"Bearer {api.key}x"})
    assert len(log.lines) == 6
    assert SECRET not in log.text
    assert api.key not in log.text
    assert api.key[-20:] not in log.text


@pytest.mark.parametrize(
    ("error", "status", "code", "cause"),
    [
        (UnavailableError("DynamoDB is throttled or away."), 503, "service_unavailable", "DynamoDB is"),
        (DeploymentError("DynamoDB", "AccessDenied"), 500, "deployment_fault", "AccessDenied"),
        (ValueError(SECRET), 500, "internal_error", None),
    ],
)
def test_a_5xx_is_a_warning_and_tells_its_cause(
    api: Api,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
    cause: str | None,
) -> None:
    monkeypatch.setattr(type(api.ports.runs), "whole", broken(error))
    monkeypatch.setattr(type(api.ports.runs), "get", broken(error))
    answer = api("GET", f"/api/v1/runs/{MISSING_ID}")
    [line] = log.of("request")
    assert (answer.status, answer.body["code"]) == (status, code)
    assert (line["level"], line["status"], line["code"], line["ServerErrors"]) == ("WARNING", status, code, 1)
    assert (cause or "") in line.get("cause", "")
    assert ("cause" in line) is (cause is not None)
    assert "AccessDenied" not in answer.body["error"]
    assert SECRET not in log.text + str(answer.body)


def test_a_bug_is_told_by_its_type_and_place(api: Api, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(api.ports.runs), "get", broken(ValueError(SECRET)))
    api("GET", f"/api/v1/runs/{MISSING_ID}")
    [bug], [line] = log.of("bug"), log.of("request")
    assert (bug["error_type"], bug["level"], bug["request_id"]) == ("ValueError", "ERROR", line["request_id"])
    assert any("test_request_lines.py" in frame for frame in bug["frames"])


def test_the_first_request_of_a_container_is_a_cold_start() -> None:
    event = gateway_event(app.routes, "GET", "/openapi.json", None, {})
    install(None)
    try:
        with logged() as log:
            app(event, None)
            app(event, None)
    finally:
        install(None)
    assert [line["cold_start"] for line in log.of("request")] == [True, False]


def test_levels_above_info_leave_the_failures(api: Api) -> None:
    with logged(logging.WARNING) as log:
        make_run(api)
    assert log.lines == []


def ask_twice(api: Api, _: ManualClock) -> None:
    run = make_run(api)
    body = {"runId": run["id"], "type": "t", "inputData": None}
    for _number in range(2):
        api("POST", "/api/v1/tasks", body, headers={"Idempotency-Key": "k"})


def complete_one(api: Api, clock: ManualClock) -> None:
    task = make_task(api, make_run(api)["id"])
    clock.advance(2_000)
    held = claim(api, task["id"])
    claim(api, task["id"])
    for _number in range(2):
        report(api, task["id"], held["task"]["attempt"])


def retry_one_by_report(api: Api, clock: ManualClock) -> None:
    task = make_task(api, make_run(api)["id"])
    claim(api, task["id"])
    report(api, task["id"], 1, "failed", retryDelaySeconds=0)
    fail(api, task["id"])


def lose_one(api: Api, clock: ManualClock) -> None:
    task = make_task(api, make_run(api)["id"], maxRetries=1)
    for number in range(3):
        claim(api, task["id"], worker=f"w{number}", claim_id=f"c{number}")
        clock.advance(120_000)


def time_one_out(api: Api, clock: ManualClock) -> None:
    task = make_task(api, make_run(api)["id"], timeoutSeconds=5, maxRetries=0)
    claim(api, task["id"])
    clock.advance(6_000)
    assert heartbeat(api, task["id"], 1)["outcome"] == "timed_out"


def patch_some(api: Api, _: ManualClock) -> None:
    run = make_run(api)
    for status in ("completed", "failed", "cancelled"):
        task = make_task(api, run["id"], enqueue=False)
        for _number in range(2):
            api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": status})


def fail_a_graph(api: Api, _: ManualClock) -> None:
    run = make_graph(api, [{"ref": "a"}, {"ref": "b", "dependsOn": ["a"]}, {"ref": "c", "dependsOn": ["b"]}])
    fail(api, run["taskIds"]["a"])


def cancel_a_run_and_retry_it(api: Api, _: ManualClock) -> None:
    run = make_graph(api, [{"ref": "a"}, {"ref": "b"}])
    finish(api, run["taskIds"]["a"])
    post(api, "runs", run["id"], "cancel")
    post(api, "runs", run["id"], "cancel")
    post(api, "runs", run["id"], "retry")


FLOWS: dict[str, tuple[Any, dict[str, float]]] = {
    "a create that is repeated": (ask_twice, {"TasksCreated": 1}),
    "a claim and a report that are repeated": (
        complete_one,
        {"TasksCreated": 1, "TasksClaimed": 1, "QueueToStart": 1, "TasksCompleted": 1},
    ),
    "a failure that is retried, and one that is not": (
        retry_one_by_report,
        {"TasksCreated": 1, "TasksClaimed": 2, "QueueToStart": 2, "TasksRetried": 1, "TasksFailed": 1},
    ),
    "two lost attempts": (
        lose_one,
        {
            "TasksCreated": 1,
            "TasksClaimed": 2,
            "QueueToStart": 1,
            "TasksLost": 2,
            "TasksRetried": 1,
            "TasksFailed": 1,
        },
    ),
    "a timeout": (time_one_out, {"TasksCreated": 1, "TasksClaimed": 1, "QueueToStart": 1, "TasksFailed": 1}),
    "patches": (
        patch_some,
        {"TasksCreated": 3, "TasksCompleted": 1, "TasksFailed": 1, "TasksCancelled": 1},
    ),
    "a cascade": (
        fail_a_graph,
        {"TasksCreated": 3, "TasksClaimed": 1, "QueueToStart": 1, "TasksFailed": 1, "TasksCancelled": 2},
    ),
    "a cancel and a retry of a run": (
        cancel_a_run_and_retry_it,
        {
            "TasksCreated": 2,
            "TasksClaimed": 1,
            "QueueToStart": 1,
            "TasksCompleted": 1,
            "TasksCancelled": 1,
            "TasksRetried": 1,
        },
    ),
}


@pytest.mark.parametrize(("flow", "expected"), FLOWS.values(), ids=FLOWS)
def test_task_counts_are_exact_however_a_change_came_about(
    api: Api, clock: ManualClock, log: Log, flow: Any, expected: dict[str, float]
) -> None:
    flow(api, clock)
    with installed(api.services):
        work(api)
    for line in log.of("request"):
        check_emf(line)
    told = {name for line in log.of("request") for name in line if name.startswith(("Tasks", "QueueTo"))}
    assert {name: log.total(name) for name in told} == expected


def test_the_wait_for_a_worker_is_told_in_milliseconds(api: Api, clock: ManualClock, log: Log) -> None:
    complete_one(api, clock)
    assert [line["QueueToStart"] for line in log.lines if "QueueToStart" in line] == [[2000]]
