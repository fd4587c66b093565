"""Send: the blocking driver of the steps, over one pool of kept-alive connections."""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import httpx

from foreman_client._answer import Answer
from foreman_client._request import Request
from foreman_client._retry import Patience
from foreman_client._stand_ins import surroundings_of
from foreman_client._steps import Reply, Scope, Send, Steps
from foreman_client._wire import Target, answered, client_arguments, scope_of
from foreman_client.config import ForemanConfig
from foreman_client.errors import TransportError

T = TypeVar("T")


class Connections:
    """The connections of one session, pooled; a forked child gets a pool of its own. Safe to share between threads."""

    def __init__(self, connect: Callable[[], httpx.Client]) -> None:
        self._connect = connect
        self._current = (os.getpid(), connect())
        self._of_parents: list[httpx.Client] = []

    def client(self) -> httpx.Client:
        """The pool of this process."""
        process, client = self._current
        if process == os.getpid():
            return client
        # Two processes on one socket would read each other's answers. The parent's pool is kept but never touched:
        # another thread may have held its lock when the process was forked. No lock here, for the same reason.
        self._of_parents.append(client)
        self._current = (os.getpid(), self._connect())
        return self._current[1]

    def close(self) -> None:
        """Close the connections of this process; calls after it raise RuntimeError."""
        self.client().close()


@dataclass(frozen=True)
class Session:
    """Connections to one Foreman under one API key; safe to share between threads."""

    connections: Connections
    target: Target
    scope: Scope
    sleep: Callable[[float], None]

    @property
    def timeout_s(self) -> float:
        """The bound of each connect, read and write of one try."""
        return self.target.timeout_s

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
        target = replace(self.target, timeout_s=timeout_s)
        return replace(self, target=target, scope=replace(self.scope, patience=patience))

    def close(self) -> None:
        """Close the connections."""
        self.connections.close()

    def _send(self, request: Request[object]) -> Answer | TransportError:
        try:
            return answered(self.connections.client().request(**self.target.arguments(request)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self.target.fault(error)


class _Pool(httpx.Client):
    """Closes its connections when nothing refers to it any more: sessions are shared, so nobody else knows when."""

    _process: int | None = None

    def __del__(self) -> None:
        # At the end of the interpreter every name that is used here may be gone, so none is needed to stay silent.
        try:
            if self._process == os.getpid():
                self.close()
        except Exception:
            return


def _open_pool(config: ForemanConfig, transport: httpx.BaseTransport | None) -> httpx.Client:
    pool = _Pool(**client_arguments(config), transport=transport)
    pool._process = os.getpid()
    return pool


def open_session(
    config: ForemanConfig,
    *,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    uniform: Callable[[], float] = random.random,
) -> Session:
    """A session of its own. Connects at the first call; its connections are closed when nothing refers to it."""
    if transport is None and (met := surroundings_of(config.endpoint)) is not None:
        transport, sleep, monotonic, uniform = met.transport, met.sleep, met.monotonic, met.uniform
    connections = Connections(lambda: _open_pool(config, transport))
    target = Target(config.endpoint, config.timeout_s)
    return Session(connections, target, scope_of(config, monotonic, uniform), sleep)


@lru_cache(maxsize=8)
def session_for(config: ForemanConfig) -> Session:
    """The session that calls with this config share; the eight configs used last keep theirs."""
    return open_session(config)
