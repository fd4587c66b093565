"""What can go wrong, drawn once. The HTTP layer maps each leaf to a status; nothing else knows statuses.

EngineError
├── InvalidError            the request is at fault: 400
│   ├── NotAvailableError   part of the contract that is not served yet: 400 `not_available`
│   ├── InvalidJsonError    400 `invalid_json`
│   ├── InvalidCursorError  400 `invalid_cursor`
│   └── QueryTooBroadError  400 `query_too_broad`
├── TooLargeError           413
├── UnauthorizedError       401
├── NotFoundError           404
├── ConflictError           409
│   ├── KeyReusedError      an idempotency key with another body: 409 `idempotency_key_reused`
│   └── InProgressError     409 `in_progress`, come back later
├── RateLimitedError        the key's rate limit is spent: 429
├── UnavailableError        a dependency is throttled or away, after retries: 503
├── DeploymentError         a dependency refuses the deployment itself: 500 `deployment_fault`
└── (store signals, never seen by a caller)
    ├── StaleError          a condition failed: somebody else wrote first; read again and decide again
    ├── IdTakenError        a drawn id exists already: draw again
    └── AlreadyDoneError    the idempotency record exists: answer with its objects
"""

from collections.abc import Sequence
from dataclasses import dataclass


class EngineError(Exception):
    """Base of everything the engine raises on purpose."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a request: `path` in the request's own words, such as `tasks[3].runId`."""

    path: str
    message: str


class InvalidError(EngineError):
    """The request breaks a rule of the contract; `faults` name the fields."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class NotAvailableError(InvalidError):
    """The request uses a part of the contract that this server does not serve yet."""


class InvalidJsonError(InvalidError):
    """The body is not JSON as the contract takes it."""


class InvalidCursorError(InvalidError):
    """The cursor is broken, or belongs to another query or organization."""


class QueryTooBroadError(InvalidError):
    """A query matches more entries than can be sorted in one request."""


class TooLargeError(EngineError):
    """A payload or body is over its limit, which the text names."""


class UnauthorizedError(EngineError):
    """No valid API key. The text never says which keys exist."""


class NotFoundError(EngineError):
    """No such object in this organization."""


class ConflictError(EngineError):
    """The object's state does not allow the request."""


class KeyReusedError(ConflictError):
    """This idempotency key came with another body before."""


class InProgressError(ConflictError):
    """The first request with this idempotency key has not finished."""


class RateLimitedError(EngineError):
    """The key's rate limit is spent until its window ends, in `left_ms` milliseconds."""

    def __init__(self, message: str, left_ms: int) -> None:
        super().__init__(message)
        self.left_ms = left_ms


class UnavailableError(EngineError):
    """A dependency was throttled or away, also after retries. Safe to try again."""

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeploymentError(EngineError):
    """AWS refuses whatever this deployment asks: its role, its credentials, or the names it was given. An operator heals it."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service} refuses this deployment: {reason}.")
        self.service = service
        self.reason = reason


class StaleError(EngineError):
    """A write's condition failed and nothing was written; `ids` are those that somebody else changed."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("changed by another writer")
        self.ids = tuple(ids)


class IdTakenError(EngineError):
    """An id that was just drawn exists already; nothing was written."""


class AlreadyDoneError(EngineError):
    """A request with this idempotency key committed before; nothing was written. The key record tells what it made."""

    def __init__(self, body_hash: str, object_ids: Sequence[str]) -> None:
        super().__init__("done before")
        self.body_hash = body_hash
        self.object_ids = tuple(object_ids)
