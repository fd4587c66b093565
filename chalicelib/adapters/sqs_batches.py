"""Sending many messages in as few requests as SQS allows."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.backoff import pauses
from chalicelib.adapters.errors import translated
from foreman_engine.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_BATCH: Final = 10
MAX_BATCH_BYTES: Final = 1024 * 1024
"""Bodies and attributes of one SendMessageBatch together. Source: SQS quotas."""
TRACE_ATTRIBUTE: Final = "traceparent"
"""The message attribute that carries the W3C trace context."""
_TEXT: Final = "String"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send, visible after `delay_s` seconds (at most 900)."""

    body: str
    group: str
    delay_s: int = 0
    traceparent: str | None = None

    @property
    def size_bytes(self) -> int:
        """What SQS counts: the body, and of an attribute its name, type and value."""
        attribute = "" if self.traceparent is None else TRACE_ATTRIBUTE + _TEXT + self.traceparent
        return len((self.body + attribute).encode())


@translated("SQS")
def send_all(client: "SQSClient", url: str, messages: Sequence[Outgoing]) -> None:
    """Send every message; what SQS refuses of a batch is tried again.

    Raises:
        UnavailableError: SQS went on refusing some.
    """
    for batch in batches(messages):
        _send_batch(client, url, batch)


def batches(messages: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """The messages in order, cut so that each part fits one request."""
    batch: list[Outgoing] = []
    used = 0
    for message in messages:
        size = message.size_bytes
        if batch and (len(batch) == MAX_BATCH or used + size > MAX_BATCH_BYTES):
            yield batch
            batch, used = [], 0
        batch.append(message)
        used += size
    if batch:
        yield batch


def _send_batch(client: "SQSClient", url: str, batch: Sequence[Outgoing]) -> None:
    entries = {str(number): _entry(number, message) for number, message in enumerate(batch)}
    for pause in pauses():
        answer = client.send_message_batch(QueueUrl=url, Entries=list(entries.values()))
        for sent in answer.get("Successful", []):
            del entries[sent["Id"]]
        if not entries:
            return
        time.sleep(pause)
    raise UnavailableError("SQS takes only some of the messages.")


def _entry(number: int, message: Outgoing) -> "SendMessageBatchRequestEntryTypeDef":
    entry: SendMessageBatchRequestEntryTypeDef = {
        "Id": str(number),
        "MessageBody": message.body,
        "DelaySeconds": message.delay_s,
        "MessageGroupId": message.group,
    }
    if message.traceparent is not None:
        entry["MessageAttributes"] = {
            TRACE_ATTRIBUTE: {"DataType": _TEXT, "StringValue": message.traceparent}
        }
    return entry
