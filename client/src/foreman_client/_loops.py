"""Async sessions that calls with the same config share: one for each event loop, closed when the loop ends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Final

from foreman_client._async_http import AsyncSession, open_async_session
from foreman_client.config import ForemanConfig

_MOST_CONFIGS: Final = 8
"""Sessions that a loop keeps open, as many as the blocking functions do."""


@dataclass(slots=True)
class _Shared:
    session: AsyncSession
    calls: int = 0


class LoopSessions:
    """The sessions of one event loop by config, the one used last at the end."""

    def __init__(self) -> None:
        self._shared: dict[ForemanConfig, _Shared] = {}
        self._keeper = self._close_with_the_loop()

    async def attach(self) -> None:
        """Have the sessions closed when the loop shuts down."""
        # A loop closes the async generators it knows before it ends: asyncio.run and every Runner see to that.
        await anext(self._keeper)

    @asynccontextmanager
    async def lend(self, config: ForemanConfig) -> AsyncIterator[AsyncSession]:
        """The session of this config, which stays open at least until the block ends."""
        shared = self._shared.pop(config, None) or _Shared(open_async_session(config))
        self._shared[config] = shared
        shared.calls += 1
        try:
            await self._close_idle()
            yield shared.session
        finally:
            shared.calls -= 1

    async def close(self) -> None:
        """Close every session; a call under way fails as if the connection broke."""
        await self._keeper.aclose()

    async def _close_idle(self) -> None:
        idle = [config for config, shared in self._shared.items() if not shared.calls]
        surplus = max(0, len(self._shared) - _MOST_CONFIGS)
        for shared in [self._shared.pop(config) for config in idle[:surplus]]:
            await shared.session.close()

    async def _close_with_the_loop(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            while self._shared:
                _, shared = self._shared.popitem()
                await shared.session.close()


class _Loops:
    """The sessions of every event loop of this process. Safe to share between threads, which have loops of their own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sessions: dict[asyncio.AbstractEventLoop, LoopSessions] = {}

    def pop(self) -> LoopSessions | None:
        """Take out what the running loop has."""
        with self._lock:
            return self._sessions.pop(asyncio.get_running_loop(), None)

    def get_or_add(self) -> tuple[LoopSessions, bool]:
        """What the running loop has, and whether it is new; what loops had that are closed by now is dropped."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if (found := self._sessions.get(loop)) is not None:
                return found, False
            for closed in [each for each in self._sessions if each.is_closed()]:
                del self._sessions[closed]
            self._sessions[loop] = LoopSessions()
            return self._sessions[loop], True


@cache
def _loops() -> _Loops:
    return _Loops()


@asynccontextmanager
async def lend_session(config: ForemanConfig) -> AsyncIterator[AsyncSession]:
    """The session that calls with this config share in the running event loop, inside the block."""
    sessions, new = _loops().get_or_add()
    if new:
        await sessions.attach()
    async with sessions.lend(config) as session:
        yield session


async def close_sessions() -> None:
    """Close the sessions of the running event loop."""
    sessions = _loops().pop()
    if sessions is not None:
        await sessions.close()
