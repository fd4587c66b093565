"""The queues that are made on SQS: their settings, and what happens when one is gone."""

import json
from typing import Any

import pytest

from foreman_contract.messages import TaskMessage
from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE
from foreman_engine.service.ports import TaskNotice
from tests.contract.backends import ON_SQS, Backend
from tests.contract.consumers import SqsConsumer
from tests.contract.states import Maker

pytestmark = ON_SQS


@pytest.fixture
def sqs(backend: Backend) -> Any:
    """A raw client of the queues."""
    assert isinstance(backend.consumer, SqsConsumer)
    return backend.consumer.sqs


def test_a_queue_keeps_messages_long_and_gives_them_up_late(backend: Backend, make: Maker, sqs: Any) -> None:
    assert isinstance(backend.consumer, SqsConsumer)
    queues = backend.ports.messages.resolve(make.org_id, DEFAULT_TASK_QUEUE, DEFAULT_RESULT_QUEUE)
    dead = sqs.get_queue_url(QueueName=backend.consumer.dead_letter_queue)["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for url in (*queues.task_queue_urls.to_wire().values(), queues.result_queue_url):
        made = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(made["RedrivePolicy"])
        assert (redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])) == (dead_arn, 100)
        assert made["MessageRetentionPeriod"] == "1209600"
        assert made["ReceiveMessageWaitTimeSeconds"] == "20"
        assert made["SqsManagedSseEnabled"] == "true"


def test_a_queue_that_was_deleted_behind_our_back_is_made_again(
    backend: Backend, make: Maker, sqs: Any
) -> None:
    [task] = make.tasks(make.run(), 1)
    message = TaskMessage(task_id=task.id, run_id=task.run_id, org_id=make.org_id, type="t")
    url = backend.ports.messages.resolve(make.org_id, "q", DEFAULT_RESULT_QUEUE).task_queue_url
    sqs.delete_queue(QueueUrl=url)
    backend.ports.messages.send_tasks(make.org_id, [TaskNotice(message, "q")] * 2)
    received = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"], WaitTimeSeconds=0
    )
    assert [json.loads(each["Body"]) for each in received["Messages"]] == [message.to_wire()] * 2
    assert {each["Attributes"]["MessageGroupId"] for each in received["Messages"]} == {task.run_id}
