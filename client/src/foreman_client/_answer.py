"""Parse: from what came back to a Result."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pydantic import ValidationError

from foreman_client._json import decode
from foreman_client._request import Request
from foreman_client.errors import ForemanError, UnexpectedAnswerError, error_class, is_retryable
from foreman_client.result import Failure, Result, Success
from foreman_contract.service import ErrorBody

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read(request: Request[T], answer: Answer) -> Result[T]:
    """The data of a 2xx answer, or the failure that any other one is."""
    if not 200 <= answer.status < 300:
        return Failure(_refusal(answer))
    try:
        return Success(request.parse(decode(answer.body)))
    except ValueError as error:
        what = f"{request.method} {request.path} was answered with something else than the contract says"
        return Failure(_unexpected(f"{what}: {_first_fault(error)}", answer))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The seconds that Retry-After asks for; a date counts from the answer's own Date, never from a local clock."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return float(given)
    try:
        wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


def _refusal(answer: Answer) -> ForemanError:
    body = _error_body(answer)
    return error_class(answer.status)(
        body.error,
        code=body.code,
        status=answer.status,
        request_id=body.request_id or None,
        details=body.details,
        retryable=is_retryable(answer.status, body.code),
        retry_after_s=retry_after_s(answer.headers),
    )


def _error_body(answer: Answer) -> ErrorBody:
    try:
        return ErrorBody.model_validate(decode(answer.body))
    except ValueError:
        # A gateway or proxy answers in its own words; they may be long, and may quote the request.
        return ErrorBody(
            error=f"the endpoint answered {answer.status} without a Foreman error body",
            code=f"http_{answer.status}",
            request_id=_request_id(answer) or "",
        )


def _unexpected(message: str, answer: Answer) -> ForemanError:
    return UnexpectedAnswerError(
        message, code="unexpected_answer", status=answer.status, request_id=_request_id(answer)
    )


def _request_id(answer: Answer) -> str | None:
    return answer.headers.get("x-request-id") or answer.headers.get("x-amzn-requestid")


def _first_fault(error: ValueError) -> str:
    """What is wrong, without quoting the answer: it may hold payloads."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}"
    return "not JSON"
