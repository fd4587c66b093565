"""Steps that the API tests are made of."""

import json
from typing import Any

from foreman_engine.service.work import finish_work
from tests.factories import Api


def make_run(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api("POST", "/api/v1/runs", {"inputData": None, **fields})
    assert answer.status == 201, answer
    return dict(answer.body)


def make_task(api: Api, run_id: str, **fields: Any) -> dict[str, Any]:
    body = {"runId": run_id, "type": "t", "inputData": {"n": 1}, "enqueue": True, **fields}
    answer = api("POST", "/api/v1/tasks", body)
    assert answer.status == 201, answer
    return dict(answer.body)


def make_tasks(api: Api, body: dict[str, Any], count: int) -> list[str]:
    """The ids of so many tasks of the same body, created in batches."""
    ids: list[str] = []
    for start in range(0, count, 90):
        answer = api("POST", "/api/v1/tasks/batch", {"tasks": [body] * min(90, count - start)})
        assert answer.status == 201, answer
        ids += [task["id"] for task in answer.body["data"]]
    return ids


def post(api: Api, kind: str, identifier: str, verb: str) -> Any:
    """The answer to a command without a body, such as the retry of a run."""
    return api("POST", f"/api/v1/{kind}/{identifier}/{verb}")


def get_run(api: Api, run_id: str) -> dict[str, Any]:
    return dict(api("GET", f"/api/v1/runs/{run_id}").body)


def get_task(api: Api, task_id: str) -> dict[str, Any]:
    return dict(api("GET", f"/api/v1/tasks/{task_id}").body)


def claim(api: Api, *task_ids: str, worker: str = "w1", claim_id: str = "c1", **fields: Any) -> Any:
    """The results of one claim; the only one when one task is claimed."""
    body = {"workerId": worker, "claimId": claim_id, "tasks": [{"id": i} for i in task_ids], **fields}
    results = api("POST", "/api/v1/tasks/claim", body).body["results"]
    return results[0] if len(task_ids) == 1 else results


def report(api: Api, task_id: str, attempt: int, status: str = "completed", **fields: Any) -> Any:
    """The result of reporting one attempt."""
    element = {"id": task_id, "attempt": attempt, "status": status, **fields}
    answer = api("POST", "/api/v1/tasks/report", {"workerId": "w1", "results": [element]})
    assert answer.status == 200, answer
    return answer.body["results"][0]


def heartbeat(api: Api, task_id: str, attempt: int, **fields: Any) -> Any:
    """The result of one heartbeat."""
    lease = {"leaseSeconds": fields.pop("leaseSeconds")} if "leaseSeconds" in fields else {}
    body = {"workerId": "w1", "tasks": [{"id": task_id, "attempt": attempt, **fields}], **lease}
    return api("POST", "/api/v1/tasks/heartbeat", body).body["results"][0]


def finish(api: Api, task_id: str, status: str = "completed", **fields: Any) -> Any:
    """Claim a task and report its end."""
    claimed = claim(api, task_id, claim_id=f"finish-{task_id}")
    return report(api, task_id, claimed["task"]["attempt"], status, **fields)


def take(api: Api) -> list[str]:
    """Receive and delete every visible message of the default task queue: the tasks that they name."""
    queues: Any = api.ports.messages
    url = queues.url(api.org_id, "foreman:tasks")
    received = queues.receive(url, 100, 1000)
    for each in received:
        queues.delete(url, each.receipt)
    return [json.loads(each.body)["taskId"] for each in received]


def messages(api: Api, queue: str = "foreman:tasks") -> list[dict[str, Any]]:
    """Every message of a task queue."""
    url = api.ports.messages.url(api.org_id, queue)  # type: ignore[attr-defined]
    return [json.loads(body) for body in api.ports.messages.bodies(url)]  # type: ignore[attr-defined]


def work(api: Api) -> int:
    """Do what lies on the work queue, hints for later included, until it is empty; how many there were."""
    queue: Any = api.ports.messages.work  # type: ignore[attr-defined]
    done = 0
    while received := queue.receive(10, 0):
        for each in received:
            finish_work(api.ports, each.body)
            queue.delete(each.receipt)
            done += 1
    return done


def make_graph(api: Api, tasks: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A run with tasks; in the answer `taskIds` has an id for each ref."""
    bodies = [{"type": "t", "inputData": None, **task} for task in tasks]
    answer = api("POST", "/api/v1/runs", {"inputData": None, "tasks": bodies, **fields})
    assert answer.status == 201, answer
    return dict(answer.body)


def statuses(api: Api, run: dict[str, Any]) -> dict[str, str]:
    """The status of each ref of a run that was made with its tasks."""
    return {ref: get_task(api, task_id)["status"] for ref, task_id in run["taskIds"].items()}


def fail(api: Api, task_id: str) -> Any:
    """Claim a task and report that it failed for good."""
    return finish(api, task_id, "failed", retryable=False)
