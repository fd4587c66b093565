"""Runs, tasks, entries, schedules and errors as the service answers them."""

from typing import Any

RUN_ID = "01890000-0000-7000-8000-000000000001"
SCHEDULE_ID = "01890000-0000-7000-8000-0000000000bb"


def task_id(number: int) -> str:
    return f"01890000-0000-8000-8000-{number:012d}"


def run_json(**changes: Any) -> dict[str, Any]:
    return {
        "id": RUN_ID,
        "orgId": "acme",
        "status": "pending",
        "inputData": None,
        "totalTasks": 0,
        "pendingTasks": 0,
        "completedTasks": 0,
        "failedTasks": 0,
        "cancelledTasks": 0,
        "autoComplete": False,
        "createdAt": 1,
        "updatedAt": 1,
    } | changes


def task_json(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": task_id(number),
        "runId": RUN_ID,
        "orgId": "acme",
        "type": "work",
        "status": "queued",
        "inputData": {"n": number},
        "priority": "normal",
        "retryCount": 0,
        "maxRetries": 3,
        "attempt": 0,
        "createdAt": 1,
        "updatedAt": 1,
    } | changes


def entry_json(**changes: Any) -> dict[str, Any]:
    return {
        "id": "01890000-0000-7000-8000-0000000000aa",
        "runId": RUN_ID,
        "taskId": task_id(1),
        "orgId": "acme",
        "key": "k",
        "value": None,
        "tags": [],
        "createdAt": 1,
        "updatedAt": 1,
    } | changes


def schedule_json(**changes: Any) -> dict[str, Any]:
    return {
        "id": SCHEDULE_ID,
        "orgId": "acme",
        "name": "nightly",
        "cron": "0 3 * * *",
        "timeZone": "UTC",
        "template": {"inputData": None, "tasks": [{"type": "work", "inputData": 1}]},
        "overlap": "skip",
        "catchUp": "once",
        "paused": False,
        "nextFireAt": 2,
        "createdAt": 1,
        "updatedAt": 1,
    } | changes


def queues_json(task_queue: str = "foreman:tasks", result_queue: str = "foreman:results") -> dict[str, Any]:
    url = f"http://sqs/{task_queue}"
    return {
        "taskQueue": task_queue,
        "resultQueue": result_queue,
        "taskQueueUrl": url,
        "taskQueueUrls": {"high": url + "-high", "normal": url, "low": url + "-low"},
        "resultQueueUrl": f"http://sqs/{result_queue}",
    }


def config_json(**changes: Any) -> dict[str, Any]:
    return {
        "version": "0.1.0",
        "environment": "dev",
        "region": "eu-central-1",
        "queues": queues_json(),
        "limits": {"minLeaseSeconds": 5, "maxLeaseSeconds": 3600, "defaultLeaseSeconds": 60},
    } | changes


def page_json(*rows: dict[str, Any], **pagination: Any) -> dict[str, Any]:
    return {"data": list(rows), "pagination": {"limit": 20, "offset": 0} | pagination}


def error_json(code: str, text: str = "no", **more: Any) -> dict[str, Any]:
    return {"error": text, "code": code, "requestId": "req-1"} | more
