"""What must not cost a worker any task: a queue that is deleted, credentials that expire, a clock that jumps."""

import itertools
import threading
import time
from collections import deque
from typing import Any

import pytest
from botocore.exceptions import ClientError

from foreman_client._sqs import SqsConnection, SqsQueue
from foreman_client.worker.queue import QueueFaultError
from foreman_contract.enums import Priority
from tests.unit.client.stub_worker import FakeApi, FakeQueue, message, until, worker_on, working


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "ReceiveMessage")


class Sqs:
    """Messages that can be received once; while `error` is set, every call fails with it."""

    def __init__(self, *messages: str, error: Exception | None = None) -> None:
        self.messages = deque(messages)
        self.error = error
        self.deleted: list[str] = []

    def receive_message(self, **_: Any) -> dict[str, Any]:
        self._maybe_fail()
        if not self.messages:
            time.sleep(0.01)
            return {}
        body = self.messages.popleft()
        return {
            "Messages": [{"Body": body, "ReceiptHandle": "h", "Attributes": {"ApproximateReceiveCount": "3"}}]
        }

    def delete_message_batch(self, Entries: list[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803
        self._maybe_fail()
        self.deleted += [entry["ReceiptHandle"] for entry in Entries]
        return {}

    def _maybe_fail(self) -> None:
        if self.error is not None:
            raise self.error


def queue_on(*clients: Sqs, restore: Any = lambda: None) -> SqsQueue:
    """A queue whose connection has these clients, one after the other; the last for ever."""
    source = itertools.chain(clients, itertools.repeat(clients[-1]))
    return SqsQueue(SqsConnection(lambda: next(source)), "http://sqs/q", restore)  # type: ignore[arg-type, return-value]


def finished(queue: SqsQueue, sqs: Sqs, api: FakeApi) -> None:
    """Run a worker on the queue until the message is deleted."""
    worker = worker_on({"work": lambda task: None}, api, {Priority.NORMAL: queue})
    worker.start()
    try:
        until(lambda: sqs.deleted == ["h"])
    finally:
        worker.stop(1)


def test_a_deleted_queue_is_asked_for_and_work_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    sqs = Sqs(message(1).body, error=client_error("AWS.SimpleQueueService.NonExistentQueue"))
    asked: list[int] = []

    def restore() -> None:
        asked.append(1)
        if len(asked) == 3:  # SQS creates no queue of the same name within a minute
            sqs.error = None

    api = FakeApi()
    finished(queue_on(sqs, restore=restore), sqs, api)
    assert api.reported()[1]["status"] == "completed"
    assert len(asked) == 3
    assert caplog.text.count("NonExistentQueue") == 1


def test_a_fault_that_is_no_missing_queue_asks_nobody() -> None:
    asked: list[int] = []
    queue = queue_on(Sqs(error=client_error("OverLimit")), restore=lambda: asked.append(1))
    with pytest.raises(QueueFaultError):
        queue.receive(1, 0, 30)
    assert asked == []


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException"])
def test_expired_credentials_are_looked_up_again_until_there_are_others(
    code: str, caplog: pytest.LogCaptureFixture
) -> None:
    expired, fresh = Sqs(error=client_error(code)), Sqs(message(1).body)
    api = FakeApi()
    finished(queue_on(expired, expired, expired, fresh), fresh, api)
    assert api.reported()[1]["status"] == "completed"
    assert caplog.text.count(code) == 1


def test_threads_that_meet_expired_credentials_together_look_them_up_once() -> None:
    made: list[Sqs] = []
    together = threading.Barrier(4)

    class Slow(Sqs):
        def receive_message(self, **_: Any) -> dict[str, Any]:
            if self.error is not None:
                together.wait(3)
            return super().receive_message()

    def connect() -> Any:
        made.append(Slow(error=None if made else client_error("ExpiredToken")))
        return made[-1]

    queue = SqsQueue(SqsConnection(connect), "http://sqs/q", lambda: None)

    def receive() -> None:
        with pytest.raises(QueueFaultError):
            queue.receive(1, 0, 30)

    threads = [threading.Thread(target=receive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3)
    assert len(made) == 2


def test_messages_tell_how_often_they_were_received() -> None:
    assert queue_on(Sqs("body")).receive(1, 0, 30)[0].receives == 3


def test_a_wall_clock_that_jumps_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    jumps = itertools.cycle([0.0, 4e9, 86_400.0, 2e9])
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    with working({"work": lambda task: None}) as bench:
        bench.queue.put(*map(message, range(1, 51)))
        until(lambda: len(bench.queue.deleted) == 50)
    assert bench.api.beats == []
    assert bench.queue.hidden == []


def test_many_workers_live_in_one_process_and_leave_nothing_behind() -> None:
    before = threading.active_count()
    queue = FakeQueue()
    api = FakeApi()
    workers = [worker_on({"work": lambda task: None}, api, {Priority.NORMAL: queue}) for _ in range(8)]
    for worker in workers:
        worker.start()
    queue.put(*map(message, range(1, 101)))
    until(lambda: len(queue.deleted) == 100)
    queue.close()
    for worker in workers:
        worker.stop(1)
    until(lambda: threading.active_count() <= before)
    assert sorted(api.reported()) == list(range(1, 101))
