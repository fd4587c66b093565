"""On the local stack SQS's ages reach CloudWatch as on AWS."""

from typing import Any

import pytest
from ministack.core.responses import request_scope
from ministack.services import cloudwatch, sqs

from infra.local.queue_ages import oldest_s, tell_once


def message(sent_at: float, visible_at: float, receive_count: int = 0) -> dict[str, Any]:
    return {"sent_at": sent_at, "visible_at": visible_at, "receive_count": receive_count}


@pytest.mark.parametrize(
    ("messages", "age"),
    [
        ([], 0),
        ([message(40, 40), message(90, 90)], 60),
        ([message(40, 200), message(90, 90)], 10),
        ([message(40, 200, receive_count=1)], 60),
    ],
    ids=["empty", "visible", "one is delayed", "in flight"],
)
def test_the_oldest_message_that_was_ever_visible(messages: list[dict[str, Any]], age: int) -> None:
    assert oldest_s({"messages": messages}, 100) == age


def test_each_queue_is_told_of_in_its_account_and_region() -> None:
    with request_scope("111111111111", "eu-west-1"):
        sqs._queues["url"] = {"name": "foreman_dev_acme_q", "messages": [message(40, 40)]}
    try:
        tell_once(100)
        with request_scope("111111111111", "eu-west-1"):
            [(key, [point])] = cloudwatch._metrics.items()
        with request_scope("222222222222", "eu-west-1"):
            assert list(cloudwatch._metrics.items()) == []
    finally:
        sqs._queues.clear()
        cloudwatch._metrics.clear()
    assert key[:2] == ("AWS/SQS", "ApproximateAgeOfOldestMessage")
    assert (point["Value"], point["Unit"], point["Dimensions"]) == (
        60,
        "Seconds",
        {"QueueName": "foreman_dev_acme_q"},
    )
