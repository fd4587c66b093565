"""Iterating over the result queue, as a method of the blocking client and of the async one."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Protocol

from foreman_client._describe import SELF, sign_method
from foreman_client.operations.watching import Watch
from foreman_contract.service import Config

if TYPE_CHECKING:
    from foreman_client.async_results import AsyncResults
    from foreman_client.results import Results
    from foreman_client.worker.queue import TaskQueue

P = ParamSpec("P")

_WAIT_S: Final = 20
"""The longest poll that SQS allows: an idle program then costs three requests a minute."""
_EMULATOR_WAIT_S: Final = 2
"""Requests are free there, and MiniStack was seen to serve polls of dead clients to their end."""


class HasSettings(Protocol):
    """Whoever knows the queues can iterate over results."""

    @property
    def settings(self) -> Config:
        """What the service said of itself."""


def results_method(watch: Callable[P, Watch]) -> "Callable[Concatenate[HasSettings, P], Results]":
    """What a caller may watch, as a method whose events are waited for."""

    def call(self: HasSettings, /, *args: P.args, **kwargs: P.kwargs) -> "Results":
        # AWS is imported only by who needs it.
        from foreman_client._feed import Feed
        from foreman_client.results import Results

        asked = watch(*args, **kwargs)
        return Results(partial(_open, self.settings), lambda: Feed(asked, _wait_s(self.settings)))

    sign_method(call, watch, SELF, "Results")
    return call


def async_results_method(watch: Callable[P, Watch]) -> "Callable[Concatenate[HasSettings, P], AsyncResults]":
    """What a caller may watch, as a method whose events are awaited."""

    def call(self: HasSettings, /, *args: P.args, **kwargs: P.kwargs) -> "AsyncResults":
        from foreman_client._feed import Feed
        from foreman_client.async_results import AsyncResults

        asked = watch(*args, **kwargs)
        return AsyncResults(partial(_open, self.settings), lambda: Feed(asked, _wait_s(self.settings)))

    sign_method(call, watch, SELF, "AsyncResults")
    return call


def _open(settings: Config) -> "TaskQueue":
    from foreman_client._sqs import open_result_queue

    return open_result_queue(settings)


def _wait_s(settings: Config) -> int:
    return _WAIT_S if settings.aws_endpoint_url is None else _EMULATOR_WAIT_S
