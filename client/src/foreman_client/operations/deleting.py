"""Deleting run data: as many calls as it takes."""

from typing import Final

from foreman_client._arguments import expect, params, segment
from foreman_client._request import Request, removing
from foreman_client._retry import backoff_s
from foreman_client._steps import Scope, Sleep, Steps, exchange_in_doubt
from foreman_client.errors import ForemanError, UnexpectedAnswerError
from foreman_client.result import Failure, Result, Success
from foreman_contract.enums import ErrorCode
from foreman_contract.run_data import Deleted

_MAX_IDLE_CALLS: Final = 10
"""Calls in a row that may delete nothing while more is left: others may be quicker, or change what is being deleted."""


def delete_run_data(
    scope: Scope,
    run_id: str,
    *,
    key: str | None = None,
    id: str | None = None,  # noqa: A002 - the word of the wire
) -> Steps[Result[Deleted]]:
    """Delete every entry of the run under `key`, or the one entry with this `id`, and answer how many.

    Many entries take several calls. When one fails, a part may be deleted, and the same call again goes on. If nothing
    matched it is a Failure with `not_found`, unless a try before may have deleted it whose answer was lost on the way:
    then `deleted` counts what answers told, perhaps 0. Entries that are added under the key meanwhile may go, too.

    Raises:
        TypeError: not exactly one of `key` and `id` is given, or an argument is no str.
        ValueError: `run_id` is empty.
    """
    expect(str, key=key, id=id)
    if (key is None) == (id is None):
        raise TypeError("give either key or id")
    path = f"/api/v1/runs/{segment('run_id', run_id)}/data"
    return _until_nothing_is_left(scope, removing(path, Deleted, params(key=key, id=id)))


def _until_nothing_is_left(scope: Scope, request: Request[Deleted]) -> Steps[Result[Deleted]]:
    deleted = calls = idle_calls = 0
    while True:
        result, doubt = yield from exchange_in_doubt(scope, request)
        if not result.success:
            if (calls or doubt) and result.error.code == ErrorCode.NOT_FOUND:
                return Success(Deleted(deleted=deleted))
            return Failure(_with_note(result.error, deleted))
        calls += 1
        deleted += result.data.deleted
        if not result.data.more:
            return Success(Deleted(deleted=deleted))
        idle_calls = 0 if result.data.deleted > 0 else idle_calls + 1
        if idle_calls >= _MAX_IDLE_CALLS:
            return Failure(_with_note(_stuck(), deleted))
        if idle_calls:
            patience = scope.patience
            wait = backoff_s(patience.first_wait_s, patience.longest_wait_s, idle_calls - 1, scope.uniform())
            yield Sleep(wait)


def _stuck() -> ForemanError:
    message = f"{_MAX_IDLE_CALLS} calls in a row deleted nothing, though more is left"
    return UnexpectedAnswerError(message, code="no_progress", retryable=True)


def _with_note(error: ForemanError, deleted: int) -> ForemanError:
    if deleted:
        error.add_note(f"{deleted} entries were deleted before")
    return error
