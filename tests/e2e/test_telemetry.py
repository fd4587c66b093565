"""The log and the metrics of a stack that runs, read back."""

import json
from typing import Any

from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from infra.local import environment
from infra.local.cloud import local_session
from tests.e2e.deployment import eventually
from tests.e2e.processes import Stack
from tests.e2e.workers import client_of
from tests.lines import check_emf


def lines(stack: Stack) -> list[dict[str, Any]]:
    """The JSON lines of the API's log."""
    [log] = (stack.data_dir / "logs").glob(f"ephemeral-{stack.pid}/api.log")
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def line_of(stack: Stack, request_id: str) -> dict[str, Any]:
    """The one line of a request. It is written before the answer."""
    [line] = [each for each in lines(stack) if each.get("request_id") == request_id]
    return line


def test_a_tasks_way_is_in_the_log_with_what_it_consumed(stack: Stack) -> None:
    before = len(lines(stack))
    with client_of(stack, "telemetry") as client:
        run = client.create_run(input_data=None).unwrap()
        task = client.create_task(run_id=run.id, type="t", input_data=None).unwrap()
        client.update_task(task.id, status="completed").unwrap()
        assert client.list_runs(limit=1).success
    told = [line for line in lines(stack)[before:] if "org_id" in line]
    mine = {(line["method"], line["route"]): line for line in told}
    created, patched = mine["POST", "/api/v1/tasks"], mine["PATCH", "/api/v1/tasks/{task_id}"]
    for line in mine.values():
        check_emf(line)
        assert (line["stage"], line["Requests"], line["level"]) == ("dev", 1, "INFO")
    assert (created["TasksCreated"], patched["TasksCompleted"]) == (1, 1)
    assert created["WriteUnits"] == created["write_units"] > 0
    assert mine["GET", "/api/v1/runs"]["read_units"] > 0
    assert stack.api_key not in json.dumps(told)


def test_errors_carry_the_id_of_their_line(stack: Stack) -> None:
    for path, key, status, code in (
        ("/api/v1/runs/x", None, 404, "not_found"),
        ("/api/v1/runs", "fmn_dev_local_x", 401, "unauthorized"),
        ("/api/v1/runs?limit=x", None, 400, "invalid_request"),
    ):
        answered, body = stack.call("GET", path, key=key)
        line = line_of(stack, body["requestId"])
        assert answered == line["status"] == status
        assert body["code"] == line["code"] == code
        assert line["ClientErrors"] == 1


def test_the_queues_of_a_stack_can_be_watched(stack: Stack) -> None:
    settings = Settings.from_env(
        {"FOREMAN_STAGE": environment.STAGE, "AWS_ENDPOINT_URL": stack.aws_endpoint_url}
    )
    watch = aws_ports(settings, local_session(stack.region)).queue_watch
    status, run = stack.call("POST", "/api/v1/runs", {"inputData": None})
    assert status == 201
    waiting = {"runId": run["id"], "type": "t", "inputData": None, "enqueue": True, "queue": "watched"}
    assert stack.call("POST", "/api/v1/tasks", waiting)[0] == 201
    [name] = [depth.name for depth in watch.depths() if "_watched-" in depth.name and depth.visible]
    # The local stack tells ages every five seconds.
    assert eventually(lambda: watch.oldest_s([name]), within_s=30) < 60
