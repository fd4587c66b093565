"""The one module that knows AWS: batches of ten, dummy credentials for stand-ins, and faults that are not fatal."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

from foreman_client._sqs import SqsConnection, SqsQueue, open_task_queues
from foreman_client.worker.queue import QueueFaultError, Received
from foreman_contract.enums import Priority
from foreman_contract.service import Config
from tests.unit.client.records import config_json


class FakeSqs:
    """Notes every call; answers or raises what it is told to."""

    def __init__(self, answer: Any = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.answer = answer or {}

    def _call(self, **arguments: Any) -> Any:
        self.calls.append(arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    receive_message = delete_message_batch = change_message_visibility_batch = _call


def queue_on(sqs: FakeSqs) -> SqsQueue:
    return SqsQueue(SqsConnection(lambda: sqs), "http://sqs/q", lambda: None)  # type: ignore[arg-type, return-value]


def test_a_receive_says_how_many_how_long_and_how_hidden() -> None:
    sqs = FakeSqs({"Messages": [{"Body": "b", "ReceiptHandle": "h"}]})
    assert queue_on(sqs).receive(3, 20, 65) == [Received("b", "h")]
    assert sqs.calls == [
        {
            "QueueUrl": "http://sqs/q",
            "MaxNumberOfMessages": 3,
            "WaitTimeSeconds": 20,
            "VisibilityTimeout": 65,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
        }
    ]


def test_nothing_received_is_an_empty_list() -> None:
    assert queue_on(FakeSqs()).receive(10, 20, 65) == []


def test_deletes_and_hides_go_in_tens_with_distinct_ids() -> None:
    sqs = FakeSqs()
    queue_on(sqs).delete([f"h{n}" for n in range(23)])
    queue_on(sqs).hide([(f"h{n}", 5) for n in range(11)])
    assert [len(call["Entries"]) for call in sqs.calls] == [10, 10, 3, 10, 1]
    assert all(len({entry["Id"] for entry in call["Entries"]}) == len(call["Entries"]) for call in sqs.calls)


def test_a_hide_stays_within_what_sqs_takes() -> None:
    sqs = FakeSqs()
    queue_on(sqs).hide([("h", 99_999)])
    assert sqs.calls[0]["Entries"][0]["VisibilityTimeout"] == 43_200


@pytest.mark.parametrize(
    "fault",
    [
        EndpointConnectionError(endpoint_url="http://sqs"),
        ClientError(
            {"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": "gone"}}, "Receive"
        ),
        ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "Receive"),
        RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."),
    ],
)
def test_every_fault_of_aws_is_one_kind_of_fault_here(fault: Exception) -> None:
    queue = queue_on(FakeSqs(fault))
    for call in (lambda: queue.receive(1, 0, 5), lambda: queue.delete(["h"]), lambda: queue.hide([("h", 1)])):
        with pytest.raises(QueueFaultError):
            call()


EXPIRED = ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "Receive")
HALF_WRITTEN = PartialCredentialsError(provider="shared-credentials-file", cred_var="aws_secret_access_key")


def test_credentials_that_are_not_good_are_looked_for_until_they_are() -> None:
    found: list[FakeSqs | Exception] = [
        FakeSqs(EXPIRED),
        HALF_WRITTEN,
        FakeSqs(NoCredentialsError()),
        FakeSqs(),
    ]

    def connect() -> Any:
        match found.pop(0):
            case FakeSqs() as sqs:
                return sqs
            case error:
                raise error

    queue = SqsQueue(SqsConnection(connect), "http://sqs/q", lambda: None)
    for _ in range(3):
        with pytest.raises(QueueFaultError):
            queue.receive(1, 0, 5)
    assert queue.receive(1, 0, 5) == []


def test_a_message_that_is_gone_is_no_fault_but_one_that_sqs_lost_hold_of_is() -> None:
    queue_on(
        FakeSqs({"Failed": [{"Id": "0", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}]})
    ).delete(["h"])
    with pytest.raises(QueueFaultError, match="InternalError"):
        queue_on(FakeSqs({"Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]})).delete(
            ["h"]
        )


def opened(monkeypatch: pytest.MonkeyPatch, endpoint: str | None, found: object) -> dict[str, Any]:
    """What a client is made with when boto3 finds these credentials."""
    made: dict[str, Any] = {}

    class FakeSession:
        def __init__(self, region_name: str) -> None:
            made["region"] = region_name

        def get_credentials(self) -> object:
            return found

        def client(self, service: str, **arguments: Any) -> FakeSqs:
            made.update(arguments, service=service)
            return FakeSqs()

    monkeypatch.setattr(boto3.session, "Session", FakeSession)
    changes = {} if endpoint is None else {"awsEndpointUrl": endpoint}
    open_task_queues(Config.model_validate(config_json(**changes)), Priority, lambda: None)
    return made


def test_a_stand_in_for_aws_needs_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    made = opened(monkeypatch, "http://localhost:4566", found=None)
    assert made["endpoint_url"] == "http://localhost:4566"
    assert made["region"] == "eu-central-1"
    assert made["aws_access_key_id"]
    assert made["aws_secret_access_key"]


@pytest.mark.parametrize(
    ("endpoint", "found"), [("http://localhost:4566", object()), (None, None), (None, object())]
)
def test_credentials_that_are_found_are_used_and_aws_itself_gets_no_dummies(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, found: object
) -> None:
    made = opened(monkeypatch, endpoint, found)
    assert made["aws_access_key_id"] is None
    assert made["endpoint_url"] == endpoint
