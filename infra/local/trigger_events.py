"""The events that Lambda's triggers hand to a function, and what its answer means."""

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from infra.clock import now_ms

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_ACCOUNT: Final = "000000000000"
_UNITS: Final = {"minute": 60, "hour": 3600, "day": 86400}


def sqs_event(messages: Sequence["MessageTypeDef"], queue: str, region: str) -> dict[str, Any]:
    """The event for a batch of received messages."""
    arn = f"arn:aws:sqs:{region}:{_ACCOUNT}:{queue}"
    return {"Records": [_record(message, arn, region) for message in messages]}


def _record(message: "MessageTypeDef", arn: str, region: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody"),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": region,
    }


def succeeded(messages: Sequence["MessageTypeDef"], answer: Any) -> list["MessageTypeDef"]:
    """The messages to delete: all but those in the answer's `batchItemFailures`.

    Raises:
        ValueError: the answer names a failure that is none of the batch; Lambda then takes the whole batch for failed.
    """
    failures = answer.get("batchItemFailures") or [] if isinstance(answer, Mapping) else []
    failed = {failure.get("itemIdentifier") for failure in failures}
    if not failed <= {message["MessageId"] for message in messages}:
        raise ValueError("batchItemFailures names a message that is not in the batch")
    return [message for message in messages if message["MessageId"] not in failed]


def rate_seconds(expression: str) -> int | None:
    """Seconds between two calls of `rate(5 minutes)`; None for any other kind of schedule."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression.strip())
    return int(found[1]) * _UNITS[found[2]] if found else None


def scheduled_event(name: str, region: str) -> dict[str, Any]:
    """The event of a rule that fires now."""
    at = datetime.fromtimestamp(now_ms() // 1000, UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": _ACCOUNT,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:{_ACCOUNT}:rule/{name}"],
        "detail": {},
    }
