"""Operations that wait for an end by looking again and again, ever less often."""

from collections.abc import Callable
from dataclasses import replace
from math import isnan
from typing import Final, TypeVar

from foreman_client._arguments import required
from foreman_client._steps import Scope, Sleep, Steps
from foreman_client.errors import WaitTimeoutError
from foreman_client.operations.runs import get_run
from foreman_client.operations.tasks import get_task
from foreman_client.result import Failure, Result
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.runs import Run
from foreman_contract.tasks import Task

T = TypeVar("T")

_FIRST_POLL_S: Final = 0.1
_LONGEST_POLL_S: Final = 10.0
"""A wait of any length stays under the default rate limit of 100 requests per 15 minutes."""
_OPEN_RUN: Final = frozenset({RunStatus.PENDING, RunStatus.RUNNING})
_ENDED_TASK: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED})


def wait_for_run(scope: Scope, run_id: str, *, timeout_s: float = 600.0) -> Steps[Result[Run]]:
    """The run once it has ended, well or not; a Failure with `wait_timeout` when it has not within `timeout_s`.

    Raises:
        TypeError, ValueError: an argument is of the wrong type, `run_id` empty or `timeout_s` no number.
    """
    _check(timeout_s)
    get_run(scope, run_id)
    return _until(scope, lambda s: get_run(s, run_id), lambda run: run.status not in _OPEN_RUN, timeout_s)


def wait_for_task(scope: Scope, task_id: str, *, timeout_s: float = 600.0) -> Steps[Result[Task]]:
    """The task once it has ended, well or not; a Failure with `wait_timeout` when it has not within `timeout_s`.

    Raises:
        TypeError, ValueError: an argument is of the wrong type, `task_id` empty or `timeout_s` no number.
    """
    _check(timeout_s)
    get_task(scope, task_id)
    return _until(scope, lambda s: get_task(s, task_id), lambda task: task.status in _ENDED_TASK, timeout_s)


def _check(timeout_s: float) -> None:
    required((int, float), timeout_s=timeout_s)
    if isnan(timeout_s):
        raise ValueError("timeout_s must be a number of seconds")


def _until(
    scope: Scope, look: Callable[[Scope], Steps[Result[T]]], ended: Callable[[T], bool], timeout_s: float
) -> Steps[Result[T]]:
    start = scope.monotonic()
    while True:
        left = timeout_s - (scope.monotonic() - start)
        hurried = replace(scope.patience, max_wait_s=max(0.0, min(left, scope.patience.max_wait_s)))
        result = yield from look(replace(scope, patience=hurried))
        if result.success and ended(result.data):
            return result
        waited = scope.monotonic() - start
        pause = min(max(_FIRST_POLL_S, waited / 2), _LONGEST_POLL_S)
        if not result.success and (not result.error.retryable or (result.error.retry_after_s or 0) > left):
            return result
        if waited >= timeout_s:
            return result if not result.success else Failure(_too_late(timeout_s))
        yield Sleep(min(pause, timeout_s - waited))


def _too_late(timeout_s: float) -> WaitTimeoutError:
    return WaitTimeoutError(f"not ended within {timeout_s} s", code="wait_timeout", retryable=True)
