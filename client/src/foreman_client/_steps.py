"""A call as a sequence of steps that touches no network: it yields what to do and is told what came of it.

So one description of every operation, its retries included, serves a blocking driver and an async one.
"""

import logging
import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, TypeVar

from foreman_client._answer import Answer, read
from foreman_client._request import Request
from foreman_client._retry import Patience, Spent, may_have_acted, next_wait
from foreman_client.config import QueueNames
from foreman_client.errors import RateLimitedError, TransportError
from foreman_client.result import Failure, Result

T = TypeVar("T")

_logger: Final = logging.getLogger("foreman_client")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this; be told the answer or why there is none."""

    request: Request[Any]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let this many seconds pass."""

    seconds: float


Reply: TypeAlias = Answer | TransportError | None
Steps: TypeAlias = Generator[Send | Sleep, Reply, T]


@dataclass(frozen=True, slots=True)
class Scope:
    """What an operation may know besides its arguments. `monotonic` is in seconds, `uniform` draws from [0, 1)."""

    queues: QueueNames
    patience: Patience
    monotonic: Callable[[], float] = time.monotonic
    uniform: Callable[[], float] = random.random


def exchange(scope: Scope, request: Request[T]) -> Steps[Result[T]]:
    """Send until there is an answer that a repetition would not change, or patience is spent."""
    result, _ = yield from exchange_in_doubt(scope, request)
    return result


def exchange_in_doubt(scope: Scope, request: Request[T]) -> Steps[tuple[Result[T], bool]]:
    """As `exchange`; and whether a try before the last may have been carried out, its answer lost on the way."""
    spent, doubt, told = Spent(), False, False
    while True:
        reply = yield Send(request)
        result: Result[T] = read(request, reply) if isinstance(reply, Answer) else _unanswered(reply)
        if result.success:
            return result, doubt
        again = next_wait(scope.patience, spent, result.error, scope.uniform())
        if again is None:
            return result, doubt
        doubt = doubt or may_have_acted(result.error)
        wait_s, spent = again
        if isinstance(result.error, RateLimitedError) and not told:
            _logger.warning("the rate limit of this API key is spent; going on in %.0f s", wait_s)
            told = True
        yield Sleep(wait_s)


def exchange_once(scope: Scope, request: Request[T]) -> Steps[Result[T]]:
    """Send what may have been done although no answer came, and would be refused the second time.

    Only a refusal that says when to come back (a spent rate limit) is waited out: nothing was done then.
    """
    return exchange(replace(scope, patience=replace(scope.patience, max_retries=0)), request)


def _unanswered(reply: TransportError | None) -> Failure:
    if reply is None:
        raise RuntimeError("the driver of the steps answered a Send with nothing")
    return Failure(reply)
