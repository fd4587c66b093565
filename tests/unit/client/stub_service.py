"""A scripted HTTP service behind httpx's mock transport, and a session on it whose time never really passes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from foreman_client import ForemanConfig, ForemanError, QueueNames, Result
from foreman_client._async_http import AsyncSession, open_async_session
from foreman_client._http import Session, open_session

Reply = httpx.Response | Exception
CONFIG = ForemanConfig(
    "http://foreman.test/prod/",
    "fmn_dev_acme_secret",
    queues=QueueNames(task_queue="my-app:tasks", result_queue="my-app:results"),
)


def answer(status: int, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, content=json.dumps(body).encode(), headers=headers)


@dataclass
class StubService:
    """Answers with the replies in order, the last one for ever; keeps every request."""

    replies: list[Reply | Callable[[httpx.Request], Reply]]
    requests: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    now: float = 1000.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if callable(reply):
            reply = reply(request)
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, content=reply.content, headers=reply.headers)

    def session(self, config: ForemanConfig = CONFIG) -> Session:
        """A session on this service; its jitter is always the longest."""
        return open_session(
            config,
            transport=httpx.MockTransport(self),
            sleep=self._sleep,
            monotonic=lambda: self.now,
            uniform=lambda: 1.0,
        )

    def async_session(self, config: ForemanConfig = CONFIG) -> AsyncSession:
        """The same for the running event loop."""
        return open_async_session(
            config,
            transport=httpx.MockTransport(self),
            sleep=self._async_sleep,
            monotonic=lambda: self.now,
            uniform=lambda: 1.0,
        )

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def _async_sleep(self, seconds: float) -> None:
        self._sleep(seconds)


def error_of(result: Result[Any]) -> ForemanError:
    """The error of a result that has to be a failure."""
    assert not result.success
    return result.error


def serving(*replies: Reply | Callable[[httpx.Request], Reply]) -> StubService:
    return StubService(list(replies))
