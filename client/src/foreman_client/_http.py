"""Send: the blocking driver of the steps, over one pool of kept-alive connections."""

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import httpx

from foreman_client._answer import Answer
from foreman_client._request import Request
from foreman_client._retry import Patience
from foreman_client._steps import Reply, Scope, Send, Steps
from foreman_client._version import __version__
from foreman_client.config import ForemanConfig
from foreman_client.errors import ConnectionFailedError, RequestTimeoutError, TransportError

T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """Connections to one Foreman under one API key; safe to share between threads."""

    http: httpx.Client
    endpoint: str
    timeout_s: float
    scope: Scope
    sleep: Callable[[float], None]

    def run(self, steps: Steps[T]) -> T:
        """Drive the steps to their end. Blocks; raises only what wrong arguments raise."""
        reply: Reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            if isinstance(step, Send):
                reply = self._send(step.request)
            else:
                self.sleep(step.seconds)
                reply = None

    def with_patience(self, patience: Patience, timeout_s: float) -> "Session":
        """The same connections with other retries and timeouts."""
        return replace(self, timeout_s=timeout_s, scope=replace(self.scope, patience=patience))

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def _send(self, request: Request[object]) -> Answer | TransportError:
        headers = {} if request.body is None else {"content-type": "application/json"}
        if request.idempotency_key is not None:
            headers["idempotency-key"] = request.idempotency_key
        try:
            answer = self.http.request(
                request.method,
                self.endpoint + request.path,
                params=request.params or None,
                content=request.body,
                headers=headers,
                timeout=self.timeout_s,
            )
        except httpx.TimeoutException as error:
            message = f"no answer from {self.endpoint} within {self.timeout_s} s ({type(error).__name__})"
            return RequestTimeoutError(message, code="timeout", retryable=True)
        except httpx.HTTPError as error:
            message = f"no connection to {self.endpoint} ({type(error).__name__}: {error})"
            return ConnectionFailedError(message, code="connection_failed", retryable=True)
        except httpx.InvalidURL as error:
            raise ValueError(f"the arguments do not fit into a URL: {error}") from None
        return Answer(answer.status_code, answer.headers, answer.content)


class _Connections(httpx.Client):
    """Closes its connections when nothing refers to it any more: sessions are shared, so nobody else knows when."""

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()


def open_session(
    config: ForemanConfig,
    *,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    uniform: Callable[[], float] = random.random,
) -> Session:
    """A session of its own. Connects at the first call; its connections are closed when nothing refers to it."""
    http = _Connections(
        headers={
            "authorization": f"Bearer {config.api_key}",
            "user-agent": f"foreman-client/{__version__}",
            "accept": "application/json",
        },
        transport=transport,
        follow_redirects=False,
    )
    patience = Patience(config.max_retries, config.max_wait_s)
    scope = Scope(config.queues, patience, monotonic, uniform)
    return Session(http, config.endpoint, config.timeout_s, scope, sleep)


def session_for(config: ForemanConfig) -> Session:
    """The session that calls with this config share; the eight configs used last keep theirs."""
    return _shared_session(config, os.getpid())


@lru_cache(maxsize=8)
def _shared_session(config: ForemanConfig, _process: int) -> Session:
    # A forked child must not talk on its parent's sockets, hence the process in the key.
    return open_session(config)
