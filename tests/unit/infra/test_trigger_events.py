"""Queue and schedule events, and partial batch answers."""

import threading
from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session
from chalice.app import Chalice, Rate

from infra.local.trigger_events import rate_seconds, scheduled_event, sqs_event, succeeded
from infra.local.triggers import triggers

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef


def message(message_id: str) -> "MessageTypeDef":
    return {"MessageId": message_id, "ReceiptHandle": f"r-{message_id}", "Body": "{}"}


def test_an_sqs_event_has_lambdas_field_names() -> None:
    full: MessageTypeDef = {
        **message("1"),
        "Attributes": {"ApproximateReceiveCount": "2"},
        "MessageAttributes": {"traceparent": {"StringValue": "00-x", "DataType": "String"}},
    }
    (record,) = sqs_event([full], "foreman-dev-work", "us-east-1")["Records"]
    assert record["messageId"] == "1"
    assert record["receiptHandle"] == "r-1"
    assert record["attributes"] == {"ApproximateReceiveCount": "2"}
    assert record["messageAttributes"] == {"traceparent": {"stringValue": "00-x", "dataType": "String"}}
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:foreman-dev-work"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (None, []),
        ({}, []),
        ({"batchItemFailures": []}, []),
        ({"batchItemFailures": [{"itemIdentifier": "2"}]}, ["2"]),
        ({"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}, ["1", "2"]),
    ],
)
def test_all_but_the_named_failures_are_done(answer: Any, kept: list[str]) -> None:
    done = succeeded([message("1"), message("2")], answer)
    assert [m["MessageId"] for m in done] == [name for name in ("1", "2") if name not in kept]


@pytest.mark.parametrize("identifier", [None, "", "3"])
def test_a_failure_that_is_none_of_the_batch_fails_it_all(identifier: str | None) -> None:
    with pytest.raises(ValueError, match="not in the batch"):
        succeeded([message("1")], {"batchItemFailures": [{"itemIdentifier": identifier}]})


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(2 hours)", 7200),
        ("rate(1 day)", 86400),
        ("cron(0 12 * * ? *)", None),
    ],
)
def test_rates_are_understood(expression: str, seconds: int | None) -> None:
    assert rate_seconds(expression) == seconds


def test_a_scheduled_event_is_one_of_eventbridge() -> None:
    event = scheduled_event("sweep", "us-east-1")
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert event["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/sweep"]


def test_a_stack_that_starts_does_at_once_what_it_does_every_hour() -> None:
    """A restart resets the interval, and what became due meanwhile shall not wait for another."""
    app, done = Chalice("stack"), threading.Event()
    app.schedule(Rate(1, unit=Rate.HOURS), name="sweep")(lambda _: done.set())
    with triggers(app, Session(region_name="us-east-1"), "http://127.0.0.1:1"):
        assert done.wait(30)
