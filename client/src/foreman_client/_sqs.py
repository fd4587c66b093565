"""The one module of the SDK that knows AWS: a worker's task queue and an application's result queue on SQS."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError, ClientError

from foreman_client._version import __version__
from foreman_client.worker.outage import logger
from foreman_client.worker.queue import QueueFaultError, Received
from foreman_contract.service import Config

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

T = TypeVar("T")

_AWS_FAULTS: Final = (BotoCoreError, ClientError, OSError, RuntimeError)
"""RuntimeError: what botocore raises when refreshed credentials have expired already."""
_BATCH: Final = 10
_MAX_VISIBILITY_S: Final = 43_200
"""Source: SQS quotas, 12 hours."""
_DUMMY_KEY: Final = "foreman-local"


class SqsQueue:
    """One SQS queue; see `TaskQueue` for what each call promises. Safe to share between threads."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        """Up to `most` messages; waits up to `wait_s` for the first."""
        try:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=most,
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=visibility_s,
            )
        except _AWS_FAULTS as error:
            raise QueueFaultError(_describe(error)) from error
        return [Received(each.get("Body", ""), each["ReceiptHandle"]) for each in answer.get("Messages", [])]

    def delete(self, handles: Sequence[str]) -> None:
        """Delete messages, ten a call."""
        for part in _tens(handles):
            try:
                answer = self._client.delete_message_batch(
                    QueueUrl=self._url,
                    Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(part)],
                )
            except _AWS_FAULTS as error:
                raise QueueFaultError(_describe(error)) from error
            _check(answer.get("Failed", []))

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        """Set visibility timeouts, ten a call."""
        for part in _tens(seconds_by_handle):
            try:
                answer = self._client.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {
                            "Id": str(n),
                            "ReceiptHandle": handle,
                            "VisibilityTimeout": min(max(seconds, 0), _MAX_VISIBILITY_S),
                        }
                        for n, (handle, seconds) in enumerate(part)
                    ],
                )
            except _AWS_FAULTS as error:
                raise QueueFaultError(_describe(error)) from error
            _check(answer.get("Failed", []))


def open_task_queue(settings: Config) -> SqsQueue:
    """The task queue that the service named, with the credentials that boto3 finds."""
    return SqsQueue(_connect(settings), settings.queues.task_queue_url)


def open_result_queue(settings: Config) -> SqsQueue:
    """The result queue that the service named, with the credentials that boto3 finds."""
    return SqsQueue(_connect(settings), settings.queues.result_queue_url)


def _connect(settings: Config) -> "SQSClient":
    """A client with the credentials that boto3 finds.

    A stand-in for AWS (`awsEndpointUrl`) takes any credentials, so where none are found dummy ones do.
    """
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
            user_agent_extra=f"foreman-client/{__version__}",
        ),
        aws_access_key_id=_DUMMY_KEY if stand_in else None,
        aws_secret_access_key=_DUMMY_KEY if stand_in else None,
    )


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
