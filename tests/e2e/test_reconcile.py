"""`python -m infra reconcile` heals what somebody broke behind Foreman's back."""

import json
import random
from typing import Any

import boto3
import pytest

from foreman_client import ForemanConfig, create_run, get_run, initialize_foreman_client, update_run
from tests.e2e.processes import Stack, await_true, run


@pytest.fixture
def org(stack: Stack) -> ForemanConfig:
    """An organization of its own, so that nothing else is open."""
    key = json.loads(run(stack.data_dir, "keys", "create", "--org", "broken", "--json").stdout)["apiKey"]
    return ForemanConfig(endpoint=stack.endpoint, api_key=key)


def client(stack: Stack, service: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=stack.aws_endpoint_url,
        region_name=stack.region,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def reconcile(stack: Stack, *arguments: str) -> dict[str, Any]:
    done = run(stack.data_dir, "reconcile", "--org", "broken", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_deleted_messages_and_lost_effects_are_healed(stack: Stack, org: ForemanConfig) -> None:
    foreman = initialize_foreman_client(org)
    lost = create_run(org, input_data=None, auto_complete=True).unwrap()
    tasks = foreman.enqueue_tasks(
        run_id=lost.id, tasks=[{"type": "t", "input_data": n} for n in range(3)]
    ).unwrap()
    sqs = client(stack, "sqs")
    sqs.purge_queue(QueueUrl=foreman.settings.queues.task_queue_url)

    undone = create_run(org, input_data=None, auto_complete=True).unwrap()
    ended = foreman.create_task(run_id=undone.id, type="t", input_data=1).unwrap()
    foreman.update_task(ended.id, status="completed").unwrap()
    reopen(stack, undone.id)
    assert get_run(org, undone.id).unwrap().status == "running"

    assert reconcile(stack)["sent"] == 0, "nothing has been idle for 15 minutes yet"
    healed = reconcile(stack, "--idle-minutes", "0")
    assert healed["sent"] == 3
    assert get_run(org, undone.id).unwrap().status == "completed"

    worker = foreman.create_worker({"t": lambda task: task.input_data})
    worker.start()
    try:
        await_true(lambda: get_run(org, lost.id).unwrap().status == "completed", 30)
    finally:
        worker.stop()
    assert [foreman.get_task(task.id).unwrap().attempt for task in tasks] == [1, 1, 1]
    counts = dict.fromkeys(("runs", "ended", "walked", "sent", "removed", "young"), 0)
    assert reconcile(stack) == {**counts, "done": [], "leaks": []}


def test_payloads_that_nobody_refers_to_are_removed_from_ended_runs_too(
    stack: Stack, org: ForemanConfig
) -> None:
    large = "".join(random.Random(23).choices("0123456789abcdef", k=5_000))
    run_id = create_run(org, input_data=large).unwrap().id
    for output in ("a" + large, "b" + large):
        update_run(org, run_id, output_data=output).unwrap()
    update_run(org, run_id, status="completed").unwrap()
    s3 = client(stack, "s3")
    [bucket] = [each["Name"] for each in s3.list_buckets()["Buckets"] if "payloads" in each["Name"]]
    s3.put_object(Bucket=bucket, Key=f"broken/{address_of(run_id)}/earlier-name", Body=b"")

    found = reconcile(stack, "--idle-minutes", "0")
    assert (found["removed"], found["young"]) == (1, 1)
    young, old = {"removed": 0, "young": 1}, {"removed": 1, "young": 0}
    assert found["leaks"] == [{"orgId": "broken", "runId": run_id, **counts} for counts in (young, old)]
    said = run(stack.data_dir, "reconcile", "--org", "broken").stdout.splitlines()
    assert said[0] == f"broken  {run_id}  1 too young to tell"
    assert said[-1] == "0 leaked payloads removed, 1 too young to tell."
    read = get_run(org, run_id).unwrap()
    assert (read.input_data, read.output_data) == (large, "b" + large)


def address_of(run_id: str) -> str:
    digits = run_id.replace("-", "")
    return digits[:12] + digits[13:16]


def reopen(stack: Stack, run_id: str) -> None:
    """Undo what the end of the run's last task caused."""
    dynamodb = client(stack, "dynamodb")
    table = "foreman-dev-runs"
    key = {"pk": {"S": f"broken#{address_of(run_id)}"}, "sk": {"S": "#run"}}
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET st = :running REMOVE co, du, na",
        ConditionExpression="st = :completed",
        ExpressionAttributeValues={":running": {"S": "running"}, ":completed": {"S": "completed"}},
    )
