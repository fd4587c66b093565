"""A handler's process reaches an endpoint that stands only in the worker's process through the worker."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

import httpx

from foreman_client._stand_ins import StandIn, Surroundings, put_in


@dataclass(frozen=True)
class Carry:
    """Send this request."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    content: bytes


@dataclass(frozen=True)
class Carried:
    """What came back."""

    status: int
    headers: Sequence[tuple[str, str]]
    content: bytes


@dataclass(frozen=True)
class Lost:
    """Nothing came back."""

    timed_out: bool
    message: str


@dataclass(frozen=True)
class Sleep:
    """Let this many seconds pass."""

    seconds: float


@dataclass(frozen=True)
class Look:
    """Read the monotonic clock, in seconds."""


Question: TypeAlias = Carry | Sleep | Look


class Line:
    """The child's end: one thing is said, or asked and answered, at a time."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def tell(self, what: object) -> None:
        """Say something that is not answered."""
        with self._lock:
            self._connection.send(what)

    def ask(self, question: Question) -> Any:
        """What the worker answers."""
        with self._lock:
            self._connection.send(question)
            return self._connection.recv()


class RelayTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends through the worker, and blocks until it has the answer."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The worker's answer."""
        headers = request.headers.multi_items()
        answer = self._line.ask(Carry(request.method, str(request.url), headers, request.read()))
        if isinstance(answer, Lost):
            kind = httpx.ReadTimeout if answer.timed_out else httpx.ConnectError
            raise kind(answer.message, request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.content)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The worker's answer."""
        return self.handle_request(request)


def relay(endpoint: str, line: Line) -> None:
    """In the child: from now on the endpoint is reached through the line."""
    transport = RelayTransport(line)

    def sleep(seconds: float) -> None:
        line.ask(Sleep(seconds))

    async def sleep_async(seconds: float) -> None:
        line.ask(Sleep(seconds))

    jitter = random.Random(0)  # noqa: S311 - waits, no secrets; a test shall repeat
    put_in(
        endpoint,
        StandIn(
            Surroundings(
                transport, transport, sleep, sleep_async, lambda: float(line.ask(Look())), jitter.random
            )
        ),
    )


def answered(surroundings: Surroundings, question: Question) -> Carried | Lost | float | None:
    """In the worker: what the child is told."""
    if isinstance(question, Sleep):
        surroundings.sleep(question.seconds)
        return None
    if isinstance(question, Look):
        return surroundings.monotonic()
    request = httpx.Request(question.method, question.url, headers=question.headers, content=question.content)
    try:
        response = surroundings.transport.handle_request(request)
    except httpx.HTTPError as error:
        return Lost(isinstance(error, httpx.TimeoutException), str(error))
    return Carried(response.status_code, response.headers.multi_items(), response.read())
