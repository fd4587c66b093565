"""What the deployed functions' own roles allow: cancel and retry, the sweep, a dead letter, run data, lists."""

import json
import random
from typing import Any

import httpx

from foreman_client import Foreman, NewTask, RunStatus, TaskStatus
from foreman_contract.service import DEFAULT_TASK_QUEUE
from foreman_engine.domain.queues import physical_name
from infra.local.trigger_events import scheduled_event
from tests.e2e.deployment import ORG, STAGE, Deployment, eventually, invoke


def waiting(deployment: Deployment, client: Foreman) -> tuple[int, int]:
    """How many messages of the task queue are visible, and how many are delayed."""
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    url = client.settings.queues.task_queue_url
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesDelayed"])


def purge(deployment: Deployment, client: Foreman) -> None:
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    sqs.purge_queue(QueueUrl=client.settings.queues.task_queue_url)


def test_a_run_is_cancelled_and_retried(deployment: Deployment, client: Foreman) -> None:
    run = client.create_run(input_data=None, auto_complete=True).unwrap()
    new = [NewTask(type="t", input_data=n) for n in range(3)]
    tasks = client.enqueue_tasks(run_id=run.id, tasks=new).unwrap()
    cancelled = client.cancel_run(run.id).unwrap()
    assert (cancelled.status, cancelled.cancelled_tasks) == (RunStatus.CANCELLED, 3)
    retried = client.retry_run(run.id).unwrap()
    assert (retried.status, retried.pending_tasks) == (RunStatus.RUNNING, 3)
    assert client.cancel_task(tasks[0].id).unwrap().status is TaskStatus.CANCELLED
    assert client.retry_task(tasks[0].id).unwrap().status is TaskStatus.QUEUED
    purge(deployment, client)


def test_runs_and_tasks_are_listed_by_every_index(deployment: Deployment, client: Foreman) -> None:
    run = client.create_run(input_data=None).unwrap()
    parent = client.create_task(run_id=run.id, type="parent", input_data=1).unwrap()
    made = [
        client.create_task(run_id=run.id, type="child", input_data=n, parent_task_id=parent.id).unwrap()
        for n in range(3)
    ]
    client.update_task(made[0].id, status="failed").unwrap()
    client.update_run(run.id, status="running").unwrap()
    client.update_run(run.id, status="failed").unwrap()
    for sort in ("created_at", "started_at", "completed_at"):
        assert run.id in {each.id for each in client.iterate_runs(status="failed", sort_by=sort).unwrap()}
        assert run.id in {each.id for each in client.iterate_runs(sort_by=sort, limit=1).unwrap()}
    failed = client.iterate_tasks(status="failed").unwrap()
    assert made[0].id in {task.id for task in failed}
    assert {task.id for task in made} <= {task.id for task in client.iterate_tasks(type="child").unwrap()}
    children = client.list_tasks(parent_task_id=parent.id, sort_order="asc").unwrap()
    assert ([task.id for task in children.data], children.pagination.total) == ([each.id for each in made], 3)
    assert client.list_tasks(run_id=run.id).unwrap().pagination.total == 4


def test_the_sweep_sends_what_is_due(deployment: Deployment, client: Foreman) -> None:
    run = client.create_run(input_data=None).unwrap()
    task = client.enqueue_task(run_id=run.id, type="t", input_data=1).unwrap()
    claim = {"workerId": "w", "claimId": "c", "tasks": [{"id": task.id}]}
    result = {"id": task.id, "attempt": 1, "status": "failed", "retryDelaySeconds": 902}
    post(deployment, "claim", claim)
    post(deployment, "report", {"workerId": "w", "results": [result]})
    purge(deployment, client)

    def swept() -> bool:
        invoke(deployment, "Sweep", scheduled_event("sweep", "us-east-1"))
        return waiting(deployment, client) == (0, 1)

    eventually(swept)
    purge(deployment, client)


def test_a_dead_letter_is_sent_afresh(deployment: Deployment, client: Foreman) -> None:
    run = client.create_run(input_data=None).unwrap()
    task = client.enqueue_task(run_id=run.id, type="t", input_data=1).unwrap()
    purge(deployment, client)
    source = physical_name(STAGE, ORG, DEFAULT_TASK_QUEUE)
    record = {
        "messageId": "m",
        "body": json.dumps({"taskId": task.id, "runId": run.id, "orgId": ORG, "type": "t", "v": 1}),
        "attributes": {"DeadLetterQueueSourceArn": f"arn:aws:sqs:us-east-1:000000000000:{source}"},
    }
    assert invoke(deployment, "DeadLetters", {"Records": [record]}) == {"batchItemFailures": []}
    assert waiting(deployment, client) == (0, 1)
    purge(deployment, client)


def test_run_data_is_queried_changed_searched_and_deleted(client: Foreman) -> None:
    run = client.create_run(input_data=None).unwrap()
    task = client.create_task(run_id=run.id, type="t", input_data=None).unwrap()
    large = (
        random.Random(2).randbytes(20_000).hex()
    )  # an item of its own, and left out of lists if it were larger
    for value in ("older", large):
        made = client.create_run_data(run.id, task_id=task.id, key="k/ü", value=value, tags=["a"]).unwrap()
    [newest] = client.query_run_data(run.id, key_pattern="k*", tags=["a"], sort_by="updated_at").unwrap().data
    assert newest == made
    assert client.update_run_data_tags(run.id, made.id, add=["b,c"], remove=["a"]).unwrap().tags == ["b,c"]
    [uncovered] = client.query_run_data(run.id, tags=["a"]).unwrap().data
    assert uncovered.value == "older"
    [found] = client.search_run_data(tags=["b,c"], key_starts_with=["k/"]).unwrap().data
    assert found.value == large
    assert len(client.search_run_data(key="k/ü").unwrap().data) == 2
    assert client.delete_run_data(run.id, key="k/ü").unwrap().deleted == 2
    assert client.query_run_data(run.id).unwrap().data == []


def test_a_schedule_is_changed_fired_and_deleted(client: Foreman) -> None:
    large = random.Random(3).randbytes(300_000).hex()  # its parts lie beside the schedule's own item
    new = NewTask(type="t", input_data=1, queue="unserved:tasks")
    schedule = client.create_schedule(
        name="n", every_seconds=3600, template={"input_data": large, "tasks": [new]}
    ).unwrap()
    assert client.update_schedule(schedule.id, template={"input_data": large, "tasks": [new, new]}).success
    run = client.fire_schedule(schedule.id).unwrap()
    assert (run.input_data, run.total_tasks) == (large, 2)
    assert client.get_schedule(schedule.id).unwrap().last_run_id == run.id
    assert schedule.id in {each.id for each in client.iterate_schedules().unwrap()}
    assert client.delete_schedule(schedule.id).unwrap().deleted == 1


def post(deployment: Deployment, call: str, body: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {deployment.api_key}"}
    httpx.post(f"{deployment.endpoint}/api/v1/tasks/{call}", json=body, headers=headers).raise_for_status()
