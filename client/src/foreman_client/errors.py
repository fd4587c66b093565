"""Everything that can go wrong between a caller and the service, drawn once.

ForemanError
├── TransportError              no answer arrived
│   ├── ConnectionFailedError     not connected, or the connection broke
│   └── RequestTimeoutError       no answer in time (also 408)
├── AnswerError                 the service refused: `status` and `code` say why
│   ├── InvalidRequestError       400 and every other 4xx without a leaf of its own
│   ├── UnauthorizedError         401, 403
│   ├── NotFoundError             404
│   ├── ConflictError             409
│   ├── TooLargeError             413
│   ├── RateLimitedError          429
│   ├── UnavailableError          502, 503, 504: AWS is throttled or away
│   └── ServerError               every other 5xx: a bug of the service
├── UnexpectedAnswerError       what answered does not speak Foreman's contract
└── WaitTimeoutError            `wait_for_run` or `wait_for_task` ran out of time

NoDataError                     `.data` of a Failure was read
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from foreman_contract.enums import ErrorCode
from foreman_contract.service import ErrorDetail


class ForemanError(Exception):
    """Why a call failed: `message` for people, `code` (stable snake_case) for programs.

    `status` is the HTTP status, None when no answer arrived. `request_id` finds the call in the service's logs.
    `details` name the faulty fields. `retryable` tells whether the same call may succeed later. `retry_after_s` is
    the wait that the service asked for, in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        request_id: str | None = None,
        details: Sequence[ErrorDetail] = (),
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.request_id = request_id
        self.details = tuple(details)
        self.retryable = retryable
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        where = ", ".join(
            [self.code]
            + ([f"status {self.status}"] if self.status is not None else [])
            + ([f"request {self.request_id}"] if self.request_id else [])
        )
        faults = "".join(f"; {detail.path}: {detail.message}" for detail in self.details)
        return f"{self.message} [{where}]{faults}"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: value for name, value in vars(self).items() if name not in ("message", "__notes__")}
        return partial(type(self), **fields), (self.message,)


class TransportError(ForemanError):
    """No answer arrived; whether the service acted is unknown."""


class ConnectionFailedError(TransportError):
    """The service could not be reached, or the connection broke."""


class RequestTimeoutError(TransportError):
    """No answer came within the config's `timeout_s`."""


class AnswerError(ForemanError):
    """The service answered, and the answer is no."""


class InvalidRequestError(AnswerError):
    """The request breaks a rule of the contract; `details` name the fields."""


class UnauthorizedError(AnswerError):
    """The API key is missing, wrong or revoked."""


class NotFoundError(AnswerError):
    """No such thing in this organization."""


class ConflictError(AnswerError):
    """The thing is in a state that does not allow this."""


class TooLargeError(AnswerError):
    """A payload or the body is over its limit."""


class RateLimitedError(AnswerError):
    """The API key's rate limit is spent, and its window ends later than `max_wait_s` allows to wait."""


class UnavailableError(AnswerError):
    """The service or AWS behind it is away; retries are spent."""


class ServerError(AnswerError):
    """A bug of the service."""


class UnexpectedAnswerError(ForemanError):
    """The answer is not one of Foreman's: a wrong endpoint, a proxy's page, another version."""


class WaitTimeoutError(ForemanError):
    """What was waited for had not ended in time."""


class NoDataError(RuntimeError):
    """`.data` was read from a Failure; the message names the failure, `__cause__` is its ForemanError."""


_BY_STATUS: Final[dict[int, type[ForemanError]]] = {
    401: UnauthorizedError,
    403: UnauthorizedError,
    404: NotFoundError,
    408: RequestTimeoutError,
    409: ConflictError,
    413: TooLargeError,
    429: RateLimitedError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}
_RETRYABLE_STATUSES: Final = frozenset({408, 429, 502, 503, 504})


def error_class(status: int) -> type[ForemanError]:
    """The leaf for an HTTP status."""
    if status < 400:
        return UnexpectedAnswerError
    return _BY_STATUS.get(status, InvalidRequestError if status < 500 else ServerError)


def is_retryable(status: int, code: str) -> bool:
    """Whether the same request may succeed later."""
    return status in _RETRYABLE_STATUSES or (status == 409 and code == ErrorCode.IN_PROGRESS)
