"""Sixteen real connections send the same creating request at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.edge import Asked, Said, over_http
from tests.e2e.processes import Stack

CONNECTIONS = 16
LARGE = "x" * 500_000
NEW = {"type": "t", "inputData": 1, "ref": "a"}


def ids(said: Said) -> list[str]:
    """Those of the objects in an answer; of a graph the run's and its tasks'."""
    rows = said.body.get("data", [said.body])
    return [row["id"] for row in rows] + sorted(said.body.get("taskIds", {}).values())


@pytest.mark.parametrize("kind", ["run", "graph", "task", "batch", "entry", "schedule", "fire"])
def test_one_creates_and_all_are_answered_alike(stack: Stack, kind: str) -> None:
    _, run = stack.call("POST", "/api/v1/runs", {"inputData": None})
    task = {"runId": run["id"], "type": "t", "inputData": LARGE, "enqueue": True, "queue": "creates"}
    _, made = stack.call("POST", "/api/v1/tasks", task)
    template = {"inputData": LARGE, "tasks": [{**NEW, "queue": "creates"}]}
    schedule = {"name": "n", "cron": "0 0 1 1 *", "template": template}
    _, scheduled = stack.call("POST", "/api/v1/schedules", schedule)
    path, body = {
        "run": ("/api/v1/runs", {"inputData": LARGE}),
        "graph": ("/api/v1/runs", {"inputData": 1, "tasks": [NEW]}),
        "task": ("/api/v1/tasks", task),
        "batch": ("/api/v1/tasks/batch", {"tasks": [{**task, "inputData": 1}] * 3}),
        "entry": (f"/api/v1/runs/{run['id']}/data", {"taskId": made["id"], "key": "k", "value": LARGE}),
        "schedule": ("/api/v1/schedules", schedule),
        "fire": (f"/api/v1/schedules/{scheduled['id']}/fire", None),
    }[kind]
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{kind}-{run['id']}"}
    asked = Asked("POST", path, b"" if body is None else json.dumps(body).encode(), headers)
    ask = over_http(stack.endpoint, stack.api_key)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        said = list(pool.map(ask, [asked] * CONNECTIONS))
    assert sorted(each.status for each in said) == [200] * (CONNECTIONS - 1) + [201]
    assert len({tuple(ids(each)) for each in said}) == 1
    total = {"task": 2, "batch": 4}.get(kind, 1)
    assert stack.call("GET", f"/api/v1/runs/{run['id']}")[1]["totalTasks"] == total
