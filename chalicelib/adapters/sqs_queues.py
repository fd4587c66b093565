"""Where an organization's queues are: looked up, created when absent, remembered."""

import json
import threading
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import code_of, translated

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_RECEIVES: Final = 100
"""A worker that crashes is counted by claims; only a message that nobody can handle at all comes this far."""
RETENTION_S: Final = 14 * 24 * 3600
"""The longest that SQS keeps a message."""
_MISSING: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_EXISTS: Final = frozenset({"QueueAlreadyExists", "QueueNameExists"})
_REMEMBERED: Final = 1024


def is_missing(error: ClientError) -> bool:
    """Whether SQS says that there is no such queue."""
    return code_of(error) in _MISSING


class SqsQueues:
    """URLs by physical name, bounded and thread-safe; one instance per client."""

    def __init__(self, client: "SQSClient", dead_letter_queue: str) -> None:
        self._client = client
        self._dead_letter_queue = dead_letter_queue
        self._urls: dict[str, str] = {}
        self._lock = threading.Lock()

    @translated("SQS")
    def url(self, name: str) -> str:
        """The queue's URL; the queue is created when absent.

        Raises:
            UnavailableError: SQS is away, or the queue was deleted within the last minute.
        """
        try:
            return self.existing(name)
        except ClientError as error:
            if not is_missing(error):
                raise
        return self._remember(name, self._create(name))

    @translated("SQS")
    def existing(self, name: str) -> str:
        """The URL of a queue that exists already."""
        return self._urls.get(name) or self._remember(name, self.look_up(name))

    @translated("SQS")
    def look_up(self, name: str) -> str:
        """The URL of a queue that exists already, asked anew."""
        return self._client.get_queue_url(QueueName=name)["QueueUrl"]

    def forget(self, name: str) -> None:
        """Drop what is remembered of a queue."""
        with self._lock:
            self._urls.pop(name, None)

    def _create(self, name: str) -> str:
        dead_letters = self._dead_letter_arn()
        redrive = {"deadLetterTargetArn": dead_letters, "maxReceiveCount": MAX_RECEIVES}
        try:
            answer = self._client.create_queue(
                QueueName=name,
                Attributes={
                    "MessageRetentionPeriod": str(RETENTION_S),
                    "ReceiveMessageWaitTimeSeconds": "20",
                    "RedrivePolicy": json.dumps(redrive),
                    "SqsManagedSseEnabled": "true",
                },
            )
        except ClientError as error:
            if code_of(error) not in _EXISTS:
                raise
            return self.look_up(name)
        return answer["QueueUrl"]

    def _dead_letter_arn(self) -> str:
        url = self.existing(self._dead_letter_queue)
        answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]

    def _remember(self, name: str, url: str) -> str:
        with self._lock:
            while len(self._urls) >= _REMEMBERED:
                del self._urls[next(iter(self._urls))]
            self._urls[name] = url
        return url
