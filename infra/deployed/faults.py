"""What AWS refuses, said in one sentence with what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from infra.errors import OperatorError

_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN: Final = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "IncompleteSignature",
}
_FORBIDDEN: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}


def code_of(error: ClientError) -> str:
    """AWS's name of the refusal, such as `AccessDenied`."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Say what went wrong inside. `doing` finishes the sentence "AWS refused to ...".

    Raises:
        OperatorError: instead of whatever boto3 raised.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OperatorError(said(error, doing)) from error


def said(error: BotoCoreError | ClientError, doing: str) -> str:
    """The sentence about one fault; `doing` as for `explained`."""
    return _refusal(error, doing) if isinstance(error, ClientError) else _fault(error, doing)


def _refusal(error: ClientError, doing: str) -> str:
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", error))
    if code in _EXPIRED:
        return "The AWS credentials have expired; sign in again (aws sso login, or new keys) and repeat the command."
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}); check AWS_PROFILE or AWS_ACCESS_KEY_ID, and the region."
    if code in _FORBIDDEN:
        return (
            f"This user may not {doing}: {message}. docs/deploy.md lists the rights that an operator needs."
        )
    return f"AWS refused to {doing}: {message} ({code}, {error.operation_name})."


def _fault(error: BotoCoreError, doing: str) -> str:
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return (
                "There are no AWS credentials; name a profile with AWS_PROFILE or --profile, sign in with `aws sso login`, "
                "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        case NoRegionError():
            return "No region is set; give --region, or set AWS_REGION."
        case ProfileNotFound():
            return f"{error}; `aws configure list-profiles` names those that there are."
        case SSOError() | TokenRetrievalError():
            return "The AWS sign-in has expired; run `aws sso login` and repeat the command."
        case EndpointConnectionError():
            return f"AWS does not answer ({error}); check the network, the region and AWS_ENDPOINT_URL."
        case _:
            return f"It did not work to {doing}: {error}."
