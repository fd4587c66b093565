"""An AWS whose answers are made up, behind real clients: no socket is opened."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.loaders import create_loader
from botocore.session import Session as BotocoreSession

from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_engine.service.ports import Ports

Answer = Callable[[AWSPreparedRequest], AWSResponse]
URL = "https://aws.invalid"


def session_that(answer: Answer, service: str = "*") -> Session:
    """A session whose clients' every attempt is answered, or failed, by `answer`; of one service, or of all."""
    plain = BotocoreSession()
    plain.register_component("data_loader", _LOADER)
    session = Session("key", "secret", region_name="us-east-1", botocore_session=plain)

    def before_send(request: AWSPreparedRequest, **_: Any) -> Any:
        return answer(request)

    session.events.register("before-send" if service == "*" else f"before-send.{service}", before_send)
    return session


@cache
def ports_on(answer: Answer) -> Ports:
    """The ports on such an AWS, made once: clients are dear."""
    return aws_ports(Settings.from_env({"FOREMAN_STAGE": "test"}), session_that(answer))


_LOADER = create_loader()
"""Reads the descriptions of services once."""


class _Raw:
    """A body, as urllib3 hands it over."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def answered(request: AWSPreparedRequest, status: int, body: dict[str, Any]) -> AWSResponse:
    """An answer of a service that speaks JSON."""
    headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))


def refusing(code: str, status: int = 400) -> Answer:
    """Every attempt gets this error, in the words of whichever service is asked."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        if ".s3." in str(request.url) or "//s3." in str(request.url):
            text = f"<Error><Code>{code}</Code><Message>foreman-test-secret-name</Message></Error>"
            headers: Any = {"Content-Type": "application/xml"}
            return AWSResponse(request.url, status, headers, _Raw(text.encode()))
        error = {"__type": f"com.amazonaws#{code}", "message": "foreman-test-secret-name"}
        return answered(request, status, error)

    return answer


def raising(make: Callable[[], Exception]) -> Answer:
    """Every attempt ends like this."""

    def answer(_: AWSPreparedRequest) -> AWSResponse:
        raise make()

    return answer


AWAY: dict[str, Answer] = {
    "provisioned throughput": refusing("ProvisionedThroughputExceededException"),
    "throttling": refusing("ThrottlingException"),
    "request limit": refusing("RequestLimitExceeded"),
    "slow down": refusing("SlowDown", 503),
    "server error": refusing("InternalServerError", 500),
    "bad gateway": refusing("BadGateway", 502),
    "connection refused": raising(lambda: EndpointConnectionError(endpoint_url=URL)),
    "connect timeout": raising(lambda: ConnectTimeoutError(endpoint_url=URL)),
    "read timeout": raising(lambda: ReadTimeoutError(endpoint_url=URL)),
}
"""What time heals."""
REFUSED = {
    name: refusing(name)
    for name in (
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    )
}
"""What only an operator heals."""
