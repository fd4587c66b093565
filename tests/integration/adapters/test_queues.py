"""The queues that are made: their settings, and what happens when one is gone."""

import json

import pytest

from foreman_contract.messages import TaskMessage
from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE
from foreman_engine.service.ports import TaskNotice
from tests.contract.states import Maker
from tests.integration.adapters.conftest import Cloud

pytestmark = pytest.mark.integration


def test_a_queue_keeps_messages_long_and_gives_them_up_late(cloud: Cloud) -> None:
    queues = cloud.ports.messages.resolve("made", DEFAULT_TASK_QUEUE, DEFAULT_RESULT_QUEUE)
    dead = cloud.sqs.get_queue_url(QueueName=cloud.settings.dead_letter_queue)["QueueUrl"]
    dead_arn = cloud.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    for url in (*queues.task_queue_urls.to_wire().values(), queues.result_queue_url):
        made = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(made["RedrivePolicy"])
        assert (redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])) == (dead_arn, 100)
        assert made["MessageRetentionPeriod"] == "1209600"
        assert made["ReceiveMessageWaitTimeSeconds"] == "20"
        assert made["SqsManagedSseEnabled"] == "true"


def test_a_queue_that_was_deleted_behind_our_back_is_made_again(cloud: Cloud) -> None:
    make = Maker(cloud.ports, "deleted")
    [task] = make.tasks(make.run(), 1)
    message = TaskMessage(task_id=task.id, run_id=task.run_id, org_id="deleted", type="t")
    url = cloud.ports.messages.resolve("deleted", "q", DEFAULT_RESULT_QUEUE).task_queue_url
    cloud.sqs.delete_queue(QueueUrl=url)
    cloud.ports.messages.send_tasks("deleted", [TaskNotice(message, "q")] * 2)
    received = cloud.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    assert [json.loads(each["Body"]) for each in received["Messages"]] == [message.to_wire()] * 2
    assert {each["Attributes"]["MessageGroupId"] for each in received["Messages"]} == {task.run_id}
