"""Sending: batches, partial failures, queues that vanish or appear meanwhile."""

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.adapters.backoff import TRIES
from chalicelib.adapters.sqs import SqsMessages
from chalicelib.adapters.sqs_batches import MAX_BATCH_BYTES, Outgoing, batches, send_all
from chalicelib.adapters.sqs_queues import SqsQueues
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.errors import UnavailableError
from foreman_engine.service.ports import TaskNotice
from tests.unit.adapters.fakes import Scripted, client_error

RUN = "019b76da-a800-7abc-8123-456789abcdef"
TASK = "019b76da-a800-8abc-8000-000000200002"
MISSING = client_error("AWS.SimpleQueueService.NonExistentQueue")


def sent(*numbers: int) -> Any:
    return {"Successful": [{"Id": str(number)} for number in numbers], "Failed": []}


def notice(delay_ms: int = 0) -> TaskNotice:
    return TaskNotice(TaskMessage(task_id=TASK, run_id=RUN, org_id="acme", type="t"), "q", delay_ms)


def test_batches_fit_ten_messages_and_a_mebibyte() -> None:
    small = [Outgoing(str(number), "g") for number in range(23)]
    assert [len(batch) for batch in batches(small)] == [10, 10, 3]
    large = [Outgoing("x" * (MAX_BATCH_BYTES // 2), "g")] * 3
    assert [len(batch) for batch in batches(large)] == [2, 1]
    assert list(batches([])) == []


def test_a_trace_context_counts_towards_the_mebibyte() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    counted = len("traceparent" + "String" + trace)
    for body_bytes, cut in (
        (MAX_BATCH_BYTES // 2 - counted, [2]),
        (MAX_BATCH_BYTES // 2 - counted + 1, [1, 1]),
    ):
        messages = [Outgoing("x" * body_bytes, "g", traceparent=trace)] * 2
        assert [len(batch) for batch in batches(messages)] == cut


def test_only_a_trace_context_that_there_is_becomes_an_attribute() -> None:
    client = Scripted(sent(0, 1))
    send_all(client, "url", [Outgoing("a", "g", traceparent="00-x"), Outgoing("b", "g")])  # type: ignore[arg-type]
    traced, plain = client.calls[-1][1]["Entries"]
    assert traced["MessageAttributes"] == {"traceparent": {"DataType": "String", "StringValue": "00-x"}}
    assert "MessageAttributes" not in plain


def test_what_was_refused_of_a_batch_is_sent_again(slept: list[float]) -> None:
    client = Scripted(sent(0, 2), sent(1))
    send_all(client, "url", [Outgoing(body, "g") for body in "abc"])  # type: ignore[arg-type]
    bodies = [[entry["MessageBody"] for entry in request["Entries"]] for _, request in client.calls]
    assert bodies == [["a", "b", "c"], ["b"]]
    assert len(slept) == 1


def test_patience_ends(slept: list[float]) -> None:
    client = Scripted(sent())
    with pytest.raises(UnavailableError):
        send_all(client, "url", [Outgoing("a", "g")])  # type: ignore[arg-type]
    assert len(client.calls) == TRIES


@pytest.mark.parametrize(
    ("delay_ms", "delay_s"), [(0, 0), (1, 1), (1000, 1), (1001, 2), (900_000, 900), (10**9, 900), (-5, 0)]
)
def test_a_delay_is_never_short_and_at_most_what_sqs_takes(delay_ms: int, delay_s: int) -> None:
    client = Scripted({"QueueUrl": "url"}, sent(0))
    SqsMessages(client, "test", "work", "dead").send_tasks("acme", [notice(delay_ms)])  # type: ignore[arg-type]
    [entry] = client.calls[-1][1]["Entries"]
    assert entry["DelaySeconds"] == delay_s
    assert entry["MessageGroupId"] == RUN
    assert json.loads(entry["MessageBody"]) == {
        "taskId": TASK,
        "runId": RUN,
        "orgId": "acme",
        "type": "t",
        "v": 1,
    }


def test_a_queue_is_looked_up_once_and_created_when_absent() -> None:
    arn = {"Attributes": {"QueueArn": "arn:dead"}}
    client = Scripted(MISSING, {"QueueUrl": "dead"}, arn, {"QueueUrl": "new"})
    queues = SqsQueues(client, "dead")  # type: ignore[arg-type]
    assert [queues.url("q"), queues.url("q")] == ["new", "new"]
    assert [name for name, _ in client.calls] == [
        "get_queue_url",
        "get_queue_url",
        "get_queue_attributes",
        "create_queue",
    ]
    attributes = client.calls[-1][1]["Attributes"]
    assert json.loads(attributes["RedrivePolicy"]) == {
        "deadLetterTargetArn": "arn:dead",
        "maxReceiveCount": 100,
    }
    assert (attributes["MessageRetentionPeriod"], attributes["SqsManagedSseEnabled"]) == ("1209600", "true")


def test_a_queue_that_was_deleted_is_created_again_when_its_name_is_resolved() -> None:
    arn = {"Attributes": {"QueueArn": "arn:dead"}}
    there = [{"QueueUrl": name} for name in ("high", "normal", "low", "results")]
    client = Scripted(*there, MISSING, {"QueueUrl": "dead"}, arn, {"QueueUrl": "new"}, *there[1:])
    messages = SqsMessages(client, "test", "work", "dead")  # type: ignore[arg-type]
    assert messages.resolve("acme", "t", "r").task_queue_urls.high == "high"
    assert messages.resolve("acme", "t", "r").task_queue_urls.high == "new"
    assert "create_queue" in [name for name, _ in client.calls]


def test_a_queue_that_another_has_just_created_is_used() -> None:
    arn = {"Attributes": {"QueueArn": "arn:dead"}}
    client = Scripted(
        MISSING, {"QueueUrl": "dead"}, arn, client_error("QueueAlreadyExists"), {"QueueUrl": "his"}
    )
    assert SqsQueues(client, "dead").url("q") == "his"  # type: ignore[arg-type]


def test_a_queue_deleted_a_moment_ago_is_unavailable() -> None:
    arn = {"Attributes": {"QueueArn": "arn:dead"}}
    gone = client_error("AWS.SimpleQueueService.QueueDeletedRecently")
    with pytest.raises(UnavailableError):
        SqsQueues(Scripted(MISSING, {"QueueUrl": "dead"}, arn, gone), "dead").url("q")  # type: ignore[arg-type]


def test_the_memory_of_queues_is_bounded() -> None:
    client = Scripted({"QueueUrl": "url"})
    queues = SqsQueues(client, "dead")  # type: ignore[arg-type]
    for number in range(1100):
        queues.url(str(number))
    calls = len(client.calls)
    queues.url("1099")
    assert len(client.calls) == calls
    queues.url("0")
    assert len(client.calls) == calls + 1


@pytest.mark.parametrize("error", [MISSING, EndpointConnectionError(endpoint_url="http://sqs")])
def test_a_ping_that_fails_is_unavailable(error: Exception) -> None:
    with pytest.raises(UnavailableError):
        SqsMessages(Scripted(error), "test", "work", "dead").ping()  # type: ignore[arg-type]
