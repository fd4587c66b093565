"""The far ends of the queues, as workers, applications and Foreman's own functions hold them."""

import time
from dataclasses import dataclass
from typing import Any, Protocol

from foreman_engine.domain.work import AnyWork, decode_work
from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.messages import MemoryMessages


@dataclass(frozen=True, slots=True)
class Arrived:
    """One delivery."""

    body: str
    receipt: str
    receive_count: int
    traceparent: str | None


class Consumer(Protocol):
    """What is done with messages that were sent."""

    def receive(self, url: str, visibility_s: int = 30, wait_s: int = 0) -> list[Arrived]:
        """Take up to ten messages that are visible on a queue now, or the first that become so within `wait_s`."""

    def delete(self, url: str, receipt: str) -> None:
        """Remove a message that was received last under this receipt."""

    def hide(self, url: str, receipt: str, visibility_s: int) -> None:
        """Change how long a received message stays hidden, from now."""

    def work(self, wait_s: int = 0) -> list[AnyWork]:
        """Take the hints that are visible on the work queue now, or the first that become so within `wait_s`."""

    def dead(self) -> list[str]:
        """Take the bodies of dead letters of every queue."""

    def wait(self, seconds: float) -> None:
        """Let time pass, for what the queues keep time of."""


@dataclass(frozen=True, slots=True)
class MemoryConsumer:
    """Of the queues in memory."""

    messages: MemoryMessages
    clock: ManualClock

    def receive(self, url: str, visibility_s: int = 30, wait_s: int = 0) -> list[Arrived]:
        received = self.messages.receive(url, visibility_ms=visibility_s * 1000)
        return [Arrived(each.body, each.receipt, each.receive_count, each.traceparent) for each in received]

    def delete(self, url: str, receipt: str) -> None:
        self.messages.delete(url, receipt)

    def hide(self, url: str, receipt: str, visibility_s: int) -> None:
        self.messages.hide(url, receipt, visibility_s * 1000)

    def work(self, wait_s: int = 0) -> list[AnyWork]:
        return [each.body for each in self.messages.work.receive(10, 30_000)]

    def dead(self) -> list[str]:
        return [body for _, body in self.messages.take_dead()]

    def wait(self, seconds: float) -> None:
        self.clock.advance(round(seconds * 1000))


@dataclass(frozen=True, slots=True)
class SqsConsumer:
    """Of the queues on SQS."""

    sqs: Any
    work_queue: str
    dead_letter_queue: str

    def receive(self, url: str, visibility_s: int = 30, wait_s: int = 0) -> list[Arrived]:
        answer = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=visibility_s,
            MessageAttributeNames=["traceparent"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [_arrived(message) for message in answer.get("Messages", [])]

    def delete(self, url: str, receipt: str) -> None:
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)

    def hide(self, url: str, receipt: str, visibility_s: int) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=visibility_s
        )

    def work(self, wait_s: int = 0) -> list[AnyWork]:
        return [decode_work(body) for body in self._take(self.work_queue, wait_s)]

    def dead(self) -> list[str]:
        return self._take(self.dead_letter_queue)

    def _take(self, name: str, wait_s: int = 0) -> list[str]:
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        arrived = self.receive(url, wait_s=wait_s)
        for each in arrived:
            self.delete(url, each.receipt)
        return [each.body for each in arrived]

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def _arrived(message: dict[str, Any]) -> Arrived:
    trace = message.get("MessageAttributes", {}).get("traceparent")
    if trace is not None:
        assert trace["DataType"] == "String"
    return Arrived(
        message["Body"],
        message["ReceiptHandle"],
        int(message["Attributes"]["ApproximateReceiveCount"]),
        trace and trace["StringValue"],
    )
