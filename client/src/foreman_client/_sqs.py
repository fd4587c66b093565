"""The one module of the SDK that knows AWS: a worker's task queues and an application's result queue on SQS."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError

from foreman_client._version import __version__
from foreman_client.worker.outage import logger
from foreman_client.worker.queue import QueueFaultError, Received
from foreman_contract.enums import Priority
from foreman_contract.service import Config

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

T = TypeVar("T")
R = TypeVar("R")

_AWS_FAULTS: Final = (BotoCoreError, ClientError, OSError, RuntimeError)
"""RuntimeError: what botocore raises when refreshed credentials have expired already."""
_MISSING: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_STALE: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)
"""What AWS says to credentials that are no longer good; others may lie where these were found."""
_NONE_FOUND: Final = (NoCredentialsError, CredentialRetrievalError)
_BATCH: Final = 10
_MAX_VISIBILITY_S: Final = 43_200
"""Source: SQS quotas, 12 hours."""
_DUMMY_KEY: Final = "foreman-local"


class SqsConnection:
    """A client for all queues of a worker, made anew when its credentials are no longer good. Safe to share."""

    def __init__(self, connect: "Callable[[], SQSClient]") -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._client = connect()

    def call(self, request: "Callable[[SQSClient], R]") -> R:
        """The answer to a request.

        Raises:
            QueueFaultError: there is none; `missing` if the queue is not there.
        """
        client = self._client
        try:
            return request(client)
        except _AWS_FAULTS as error:
            code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
            if code in _STALE or isinstance(error, _NONE_FOUND):
                self._renew(client)
            raise QueueFaultError(_describe(error), missing=code in _MISSING) from error

    def _renew(self, stale: "SQSClient") -> None:
        """Look for credentials again: boto3 reads a file of credentials only once.

        Where that fails, perhaps because the file is just being written, the next call fails too, and looks again.
        """
        with self._lock, suppress(*_AWS_FAULTS):
            if self._client is stale:
                self._client = self._connect()


class SqsQueue:
    """One SQS queue; see `TaskQueue` for what each call promises. `restore` is called when it was deleted."""

    def __init__(self, connection: SqsConnection, url: str, restore: Callable[[], None]) -> None:
        self._connection = connection
        self._url = url
        self._restore = restore

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        """Up to `most` messages; waits up to `wait_s` for the first."""
        try:
            answer = self._connection.call(
                lambda sqs: sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=most,
                    WaitTimeSeconds=wait_s,
                    VisibilityTimeout=visibility_s,
                    MessageSystemAttributeNames=["ApproximateReceiveCount"],
                )
            )
        except QueueFaultError as error:
            if error.missing:
                self._restore()
            raise
        return [_received(each) for each in answer.get("Messages", [])]

    def delete(self, handles: Sequence[str]) -> None:
        """Delete messages, ten a call."""
        for part in _tens(handles):
            self._delete([{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(part)])

    def _delete(self, entries: Sequence[Any]) -> None:
        answer = self._connection.call(
            lambda sqs: sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        )
        _check(answer.get("Failed", []))

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        """Set visibility timeouts, ten a call."""
        for part in _tens(seconds_by_handle):
            self._hide(
                [
                    {
                        "Id": str(n),
                        "ReceiptHandle": handle,
                        "VisibilityTimeout": min(max(seconds, 0), _MAX_VISIBILITY_S),
                    }
                    for n, (handle, seconds) in enumerate(part)
                ]
            )

    def _hide(self, entries: Sequence[Any]) -> None:
        answer = self._connection.call(
            lambda sqs: sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
        )
        _check(answer.get("Failed", []))


def open_task_queues(
    settings: Config, priorities: Iterable[Priority], restore: Callable[[], None]
) -> dict[Priority, SqsQueue]:
    """The queues of the task queue that the service named, with the credentials that boto3 finds."""
    urls = {priority: str(getattr(settings.queues.task_queue_urls, priority)) for priority in priorities}
    connection = SqsConnection(lambda: _connect(settings, len(urls)))
    return {priority: SqsQueue(connection, url, restore) for priority, url in urls.items()}


def open_result_queue(settings: Config) -> SqsQueue:
    """The result queue that the service named, with the credentials that boto3 finds; whoever reads it restores it."""
    connection = SqsConnection(lambda: _connect(settings, 1))
    return SqsQueue(connection, settings.queues.result_queue_url, lambda: None)


def _connect(settings: Config, polls: int) -> "SQSClient":
    """A stand-in for AWS (`awsEndpointUrl`) takes any credentials, so where none are found dummy ones do."""
    session = boto3.session.Session(region_name=settings.region)
    stand_in = settings.aws_endpoint_url is not None and session.get_credentials() is None
    return session.client(
        "sqs",
        endpoint_url=settings.aws_endpoint_url,
        config=BotoConfig(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "max_attempts": 2},
            tcp_keepalive=True,
            max_pool_connections=10 + polls,
            user_agent_extra=f"foreman-client/{__version__}",
        ),
        aws_access_key_id=_DUMMY_KEY if stand_in else None,
        aws_secret_access_key=_DUMMY_KEY if stand_in else None,
    )


def _received(message: Any) -> Received:
    receives = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
    return Received(message.get("Body", ""), message["ReceiptHandle"], receives)


def _tens(items: Iterable[T]) -> Iterator[list[T]]:
    source = iter(items)
    while part := list(islice(source, _BATCH)):
        yield part


def _check(failed: Sequence[Any]) -> None:
    """A message that is gone, or received by another since, is no fault; what SQS itself failed to do is."""
    own = [entry for entry in failed if not entry.get("SenderFault", False)]
    for entry in failed:
        logger.debug("SQS did not change a message: %s", entry.get("Code"))
    if own:
        raise QueueFaultError(f"SQS failed for {len(own)} messages: {own[0].get('Code')}")


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
