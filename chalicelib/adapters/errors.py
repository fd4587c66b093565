"""What AWS's errors mean to the engine: away or throttled is `UnavailableError`; anything else is a bug and stays itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    HTTPClientError,
)
from botocore.parsers import ResponseParserError

from foreman_engine.domain.errors import UnavailableError

_TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "QueueDeletedRecently",
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


def code_of(error: ClientError) -> str:
    """The error code that the service answered with."""
    return error.response.get("Error", {}).get("Code", "")


def is_transient(error: ClientError) -> bool:
    """Whether the service was throttled or broken rather than the request wrong."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in _TRANSIENT or status >= 500


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Turn what time will heal into UnavailableError.

    Raises:
        UnavailableError: `service` was throttled or away, after botocore's own retries.
    """
    try:
        yield
    except ClientError as error:
        if is_transient(error):
            raise UnavailableError(f"{service} is throttled or away.") from error
        raise
    except (ConnectionError, HTTPClientError, ResponseParserError) as error:
        raise UnavailableError(f"{service} cannot be reached.") from error
