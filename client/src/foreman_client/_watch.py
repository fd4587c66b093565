"""Iterating over the result queue, as a method of the blocking client and of the async one."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Protocol

from foreman_client._describe import SELF, sign_method
from foreman_client._stand_ins import queues_of
from foreman_client.operations.service import restore_queues
from foreman_client.operations.watching import Watch
from foreman_contract.service import Config

if TYPE_CHECKING:
    from foreman_client._async_http import AsyncSession
    from foreman_client._http import Session
    from foreman_client.async_results import AsyncResults
    from foreman_client.config import ForemanConfig
    from foreman_client.results import Results
    from foreman_client.worker.queue import TaskQueue

P = ParamSpec("P")

_WAIT_S: Final = 20
"""The longest poll that SQS allows: an idle program then costs three requests a minute."""
_EMULATOR_WAIT_S: Final = 2
"""Requests are free there, and MiniStack was seen to serve polls of dead clients to their end."""


class HasSettings(Protocol):
    """Whoever knows the queues and can ask the service for them can iterate over results."""

    @property
    def config(self) -> "ForemanConfig":
        """The caller's."""

    @property
    def settings(self) -> Config:
        """What the service said of itself."""

    @property
    def session(self) -> "Session":
        """The connections to use."""


class HasAsyncSettings(Protocol):
    """As `HasSettings`, in an event loop."""

    @property
    def config(self) -> "ForemanConfig":
        """The caller's."""

    @property
    def settings(self) -> Config:
        """What the service said of itself."""

    @property
    def session(self) -> "AsyncSession":
        """The connections to use."""


def results_method(watch: Callable[P, Watch]) -> "Callable[Concatenate[HasSettings, P], Results]":
    """What a caller may watch, as a method whose events are waited for."""

    def call(self: HasSettings, /, *args: P.args, **kwargs: P.kwargs) -> "Results":
        from foreman_client._feed import Feed
        from foreman_client.results import Results

        asked, session = watch(*args, **kwargs), self.session

        def restore() -> object:
            return session.run(restore_queues(session.scope))

        def feed() -> Feed:
            return Feed(asked, _wait_s(self.settings), session.scope.monotonic, session.scope.uniform)

        return Results(partial(_open, self.config, self.settings), restore, feed, session.sleep)

    sign_method(call, watch, SELF, "Results")
    return call


def async_results_method(
    watch: Callable[P, Watch],
) -> "Callable[Concatenate[HasAsyncSettings, P], AsyncResults]":
    """What a caller may watch, as a method whose events are awaited."""

    def call(self: HasAsyncSettings, /, *args: P.args, **kwargs: P.kwargs) -> "AsyncResults":
        from foreman_client._feed import Feed
        from foreman_client.async_results import AsyncResults

        asked, session = watch(*args, **kwargs), self.session

        async def restore() -> object:
            return await session.run(restore_queues(session.scope))

        def feed() -> Feed:
            return Feed(asked, _wait_s(self.settings), session.scope.monotonic, session.scope.uniform)

        return AsyncResults(partial(_open, self.config, self.settings), restore, feed, session.sleep)

    sign_method(call, watch, SELF, "AsyncResults")
    return call


def _open(config: "ForemanConfig", settings: Config) -> "TaskQueue":
    met = queues_of(config.endpoint)
    if met is not None:
        return met.open_results(settings)
    # AWS is imported only by who needs it.
    from foreman_client._sqs import open_result_queue

    return open_result_queue(settings)


def _wait_s(settings: Config) -> int:
    return _WAIT_S if settings.aws_endpoint_url is None else _EMULATOR_WAIT_S
