"""Send: the async driver of the same steps, over one pool of kept-alive connections of one event loop."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx

from foreman_client._answer import Answer
from foreman_client._request import Request
from foreman_client._stand_ins import surroundings_of
from foreman_client._steps import Reply, Scope, Send, Steps
from foreman_client._wire import Target, answered, client_arguments, scope_of
from foreman_client.config import ForemanConfig
from foreman_client.errors import TransportError

T = TypeVar("T")


@dataclass(frozen=True)
class AsyncSession:
    """Connections to one Foreman under one API key, for the tasks of one event loop."""

    http: httpx.AsyncClient
    target: Target
    scope: Scope
    sleep: Callable[[float], Awaitable[None]]
    loop: asyncio.AbstractEventLoop

    async def run(self, steps: Steps[T]) -> T:
        """Drive the steps to their end; may be cancelled at any moment. Raises only what wrong use raises."""
        if asyncio.get_running_loop() is not self.loop:
            raise RuntimeError(
                "an async client belongs to the event loop it was opened in; open another here"
            )
        reply: Reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as end:
                outcome: T = end.value
                return outcome
            if isinstance(step, Send):
                reply = await self._send(step.request)
            else:
                await self.sleep(step.seconds)
                reply = None

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def _send(self, request: Request[object]) -> Answer | TransportError:
        try:
            return answered(await self.http.request(**self.target.arguments(request)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self.target.fault(error)


def open_async_session(
    config: ForemanConfig,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    uniform: Callable[[], float] = random.random,
) -> AsyncSession:
    """A session of its own for the running event loop. Connects at the first call, and has to be closed.

    Raises:
        RuntimeError: no event loop is running.
    """
    if transport is None and (met := surroundings_of(config.endpoint)) is not None:
        transport, sleep, monotonic, uniform = (
            met.async_transport,
            met.sleep_async,
            met.monotonic,
            met.uniform,
        )
    http = httpx.AsyncClient(**client_arguments(config), transport=transport)
    target = Target(config.endpoint, config.timeout_s)
    return AsyncSession(http, target, scope_of(config, monotonic, uniform), sleep, asyncio.get_running_loop())
