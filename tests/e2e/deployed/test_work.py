"""What a deployed stage does for a worker process, and by itself: retries, delays, dead letters, a long cancel."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from foreman_client import Foreman, NewTask, RetryPolicy, RunStatus, Task, TaskStatus
from foreman_engine.service.ports import Ports
from infra.local.trigger_events import sqs_event
from tests.e2e.deployed.queues import QUEUE, depth, queue_url
from tests.e2e.deployment import ORG, REGION, Deployment, eventually, invoke, worker_process

WORKER: Final = Path(__file__).with_name("worker.py")
MAX_RECEIVES: Final = 100
MANY: Final = 230
"""More than a cancel walks before it answers."""


@pytest.fixture(scope="module")
def worker(
    deployment: Deployment, worker_keys: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    with worker_process(deployment, worker_keys, WORKER, log):
        yield


@pytest.mark.usefixtures("worker")
def test_a_failed_attempt_is_tried_again(client: Foreman) -> None:
    run = client.create_run(input_data=None, auto_complete=True).unwrap()
    policy = RetryPolicy(initial_seconds=0.1, factor=1.0, max_seconds=0.1)
    task = client.enqueue_task(
        run_id=run.id, type="flaky", input_data=2, retry_policy=policy, queue=QUEUE
    ).unwrap()
    ended = client.wait_for_task(task.id, timeout_s=30).unwrap()
    assert (ended.status, ended.output_data) == (TaskStatus.COMPLETED, {"attempt": 3})
    assert (ended.attempt, ended.retry_count) == (3, 2)


@pytest.mark.usefixtures("worker")
def test_one_without_retries_left_fails_and_its_run_with_it(client: Foreman) -> None:
    run = client.create_run(input_data=None, auto_complete=True).unwrap()
    task = client.enqueue_task(run_id=run.id, type="flaky", input_data=9, max_retries=0, queue=QUEUE).unwrap()
    assert client.wait_for_run(run.id, timeout_s=30).unwrap().status is RunStatus.FAILED
    failed = client.get_task(task.id).unwrap()
    assert (failed.status, failed.attempt) == (TaskStatus.FAILED, 1)


@pytest.mark.usefixtures("worker")
def test_a_delayed_task_starts_at_its_time(client: Foreman) -> None:
    run = client.create_run(input_data=None).unwrap()
    nap = {"seconds": 0, "number": 1}
    task = client.enqueue_task(
        run_id=run.id, type="nap", input_data=nap, delay_seconds=1.5, queue=QUEUE
    ).unwrap()
    assert (task.status, task.available_at) == (TaskStatus.QUEUED, task.created_at + 1500)
    ended = client.wait_for_task(task.id, timeout_s=30).unwrap()
    assert ended.status is TaskStatus.COMPLETED
    assert ended.started_at is not None
    assert ended.started_at >= task.created_at + 1500


@pytest.fixture
def untriggered(deployment: Deployment) -> Iterator[None]:
    """The dead letters' trigger is off: MiniStack's leaves out the name of the queue that a letter comes from."""
    functions = deployment.session.client("lambda", endpoint_url=deployment.aws_url)
    arn = deployment.stage.outputs["DeadLetterQueueArn"]
    [trigger] = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=trigger["UUID"], Enabled=False)
    yield
    functions.update_event_source_mapping(UUID=trigger["UUID"], Enabled=True)


def give_up(deployment: Deployment, url: str) -> None:
    """Receive the queue's one message until SQS calls it dead, and hand it over as the trigger does on AWS."""
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    for _ in range(MAX_RECEIVES):
        found = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0)
        assert len(found["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    dead = deployment.stage.outputs["DeadLetterQueueUrl"]
    [letter] = sqs.receive_message(QueueUrl=dead, MessageSystemAttributeNames=["All"])["Messages"]
    event = sqs_event([letter], deployment.stage.outputs["DeadLetterQueueName"], REGION)
    assert invoke(deployment, "DeadLetters", event) == {"batchItemFailures": []}
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])


@pytest.mark.usefixtures("untriggered")
def test_a_message_that_sqs_gave_up_is_sent_afresh(
    deployment: Deployment, client: Foreman, ports: Ports
) -> None:
    run = client.create_run(input_data=None).unwrap()
    task = client.enqueue_task(run_id=run.id, type="t", input_data=None, queue="nobody:tasks").unwrap()
    url = queue_url(deployment, "nobody:tasks")
    give_up(deployment, url)
    assert depth(deployment, url) == (0, 1)
    assert stored(ports, task).dead_letters == 1
    assert client.get_task(task.id).unwrap().status is TaskStatus.QUEUED


@pytest.mark.usefixtures("untriggered")
def test_one_whose_task_has_ended_is_not(deployment: Deployment, client: Foreman, ports: Ports) -> None:
    run = client.create_run(input_data=None).unwrap()
    task = client.enqueue_task(run_id=run.id, type="t", input_data=None, queue="ended:tasks").unwrap()
    client.update_task(task.id, status="completed").unwrap()
    url = queue_url(deployment, "ended:tasks")
    give_up(deployment, url)
    assert depth(deployment, url) == (0, 0)
    assert stored(ports, task).dead_letters == 0


def test_what_comes_to_the_dead_letters_is_taken_by_their_function(deployment: Deployment) -> None:
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    url = deployment.stage.outputs["DeadLetterQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="nobody's")
    eventually(lambda: depth(deployment, url) == (0, 0))


def stored(ports: Ports, task: Task) -> Any:
    """The task's record."""
    return ports.tasks.get(ORG, [task.id])[task.id]


def test_a_cancel_that_is_too_long_for_a_request_goes_on_through_the_work_queue(client: Foreman) -> None:
    run = client.create_run(input_data=None, auto_complete=True).unwrap()
    new = [NewTask(type="outside", input_data=number) for number in range(MANY)]
    tasks = client.create_tasks(run_id=run.id, tasks=new).unwrap()
    cancelled = client.cancel_run(run.id).unwrap()
    assert cancelled.status is RunStatus.CANCELLED
    assert cancelled.cancelled_tasks < MANY
    done: Any = eventually(lambda: _when_all_are_cancelled(client, run.id))
    assert (done.pending_tasks, done.cancelled_tasks) == (0, MANY)
    assert client.get_task(tasks[-1].id).unwrap().status is TaskStatus.CANCELLED


def _when_all_are_cancelled(client: Foreman, run_id: str) -> Any:
    run = client.get_run(run_id).unwrap()
    return run if run.cancelled_tasks == MANY else None
