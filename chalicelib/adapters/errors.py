"""What AWS's errors mean to the engine.

Away or throttled is `UnavailableError`: time heals it. Refused credentials and missing tables are `DeploymentError`: an
operator heals it. Anything else is a bug and stays itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from chalicelib.adapters.watching import THROTTLES
from foreman_engine.domain.errors import DeploymentError, UnavailableError

_TRANSIENT: Final = THROTTLES | {
    "InternalServerError",
    "InternalFailure",
    "QueueDeletedRecently",
    "AWS.SimpleQueueService.QueueDeletedRecently",
    "RequestTimeout",
    "ServiceUnavailable",
    "TransactionInProgressException",
}
_DEPLOYMENT: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NoSuchBucket",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "ResourceNotFoundException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""The function's role, its credentials or what it is pointed at is wrong. Waiting does not help, so nobody is told to wait."""


def code_of(error: ClientError) -> str:
    """The error code that the service answered with."""
    return error.response.get("Error", {}).get("Code", "")


def is_transient(error: ClientError) -> bool:
    """Whether the service was throttled or broken rather than the request wrong."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in _TRANSIENT or status >= 500


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Turn what time or an operator will heal into the engine's errors.

    Raises:
        UnavailableError: `service` was throttled or away, after botocore's own retries.
        DeploymentError: `service` refuses this deployment, whatever it asks.
    """
    try:
        yield
    except ClientError as error:
        if is_transient(error):
            raise UnavailableError(f"{service} is throttled or away.") from error
        if code_of(error) in _DEPLOYMENT:
            raise DeploymentError(service, code_of(error)) from error
        raise
    except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
        raise DeploymentError(service, type(error).__name__) from error
    except (ConnectionError, HTTPClientError, ResponseParserError) as error:
        raise UnavailableError(f"{service} cannot be reached.") from error
