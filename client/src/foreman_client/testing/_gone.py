"""Where an endpoint leads once its in-memory Foreman is over: nowhere, and to no network either."""

from functools import cache

import httpx

from foreman_client._stand_ins import StandIn, Surroundings


class _Gone(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers nothing; whoever waits for an answer waits in no time."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("this in-memory Foreman is over", request=request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def sleep(self, seconds: float) -> None:
        self._now_s += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def monotonic(self) -> float:
        return self._now_s


@cache
def gone() -> StandIn:
    """A stand-in for all that are over."""
    made = _Gone()
    return StandIn(Surroundings(made, made, made.sleep, made.sleep_async, made.monotonic, lambda: 0.5))
