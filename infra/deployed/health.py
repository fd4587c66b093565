"""Asking a stage how it is: over HTTP on AWS; on an emulator, whose endpoints cannot be reached, by calling the function."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployed.account import Account
from infra.deployed.configuration import API_HANDLER, Stage
from infra.deployed.polling import wait_for
from infra.errors import OperatorError

_ANSWER_S: Final = 30


@dataclass(frozen=True, slots=True)
class Health:
    """An answer of /health. `status` 0: there was none, and `said` tells why."""

    status: int
    said: str

    @property
    def is_good(self) -> bool:
        """Whether the stage can be used."""
        return self.status == http.client.OK

    def __str__(self) -> str:
        return f"{self.status} {self.said}" if self.status else self.said


def ask(account: Account, stage: Stage, endpoint: str) -> Health:
    """One look."""
    return _invoke(account, stage) if account.emulator else _get(f"{endpoint}/health")


def await_health(account: Account, stage: Stage, endpoint: str, within_s: float) -> Health:
    """The first good answer.

    Raises:
        OperatorError: there was none in time; it tells the last one.
    """
    seen: list[Health] = []

    def look() -> Health | None:
        seen[:] = [ask(account, stage, endpoint)]
        return seen[0] if seen[0].is_good else None

    try:
        return wait_for(look, within_s, "/health")
    except OperatorError:
        raise OperatorError(
            f"{endpoint}/health did not answer 200 within {within_s:.0f} s; at last: {seen[0]}. "
            f"The log group /aws/lambda/{stage.function(API_HANDLER)} says more; then run the command again."
        ) from None


def _get(url: str) -> Health:
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_S) as answer:  # noqa: S310 - an https endpoint of API Gateway
            return Health(answer.status, _word(answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Health(error.code, _word(error.read()))
    except (OSError, http.client.HTTPException) as error:
        return Health(0, f"no answer: {error}")


def _invoke(account: Account, stage: Stage) -> Health:
    event = json.dumps(_event(stage)).encode()
    try:
        answer = account.client("lambda").invoke(FunctionName=stage.function(API_HANDLER), Payload=event)
        payload: Mapping[str, Any] = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        return Health(0, f"no answer: {error}")
    if "statusCode" not in payload:
        return Health(0, f"the function failed: {payload.get('errorMessage', payload)}")
    return Health(int(payload["statusCode"]), _word(str(payload.get("body", "")).encode()))


def _event(stage: Stage) -> dict[str, Any]:
    """What API Gateway sends for GET /health."""
    return {
        "resource": "/health",
        "path": "/health",
        "httpMethod": "GET",
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/health",
            "httpMethod": "GET",
            "path": f"/{stage.name}/health",
            "stage": stage.name,
            "requestId": "health",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _word(body: bytes) -> str:
    try:
        found = json.loads(body)
        return str(found.get("status") or found.get("error") or found.get("message"))
    except (ValueError, AttributeError):
        return body[:100].decode(errors="replace")
