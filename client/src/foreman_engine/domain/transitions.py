"""THE state tables: which status may follow which, and by whose word. docs/state_machine.md shows the same; a test compares.

A pair that is not here cannot happen: every use case asks `allowed` before it writes.
"""

from enum import StrEnum
from typing import Final

from foreman_contract.enums import RunStatus, TaskStatus

_R = RunStatus
_T = TaskStatus

ENDED_RUN: Final = frozenset({_R.COMPLETED, _R.FAILED, _R.CANCELLED})
ENDED_TASK: Final = frozenset({_T.COMPLETED, _T.FAILED, _T.CANCELLED})


class Cause(StrEnum):
    """Whose word moves a task."""

    CLAIM = "claim"
    REPORT = "report"
    HEARTBEAT = "heartbeat"
    PATCH = "patch"
    CANCEL = "cancel"
    RETRY = "retry"
    SETTLE = "settle"


_PATCH_OPEN: Final = {
    _T.PENDING: {_T.QUEUED, _T.RUNNING},
    _T.QUEUED: {_T.RUNNING},
    _T.RUNNING: {_T.RETRYING, _T.QUEUED},
    _T.RETRYING: {_T.QUEUED, _T.RUNNING},
}

TASK_TRANSITIONS: Final[dict[Cause, dict[TaskStatus, frozenset[TaskStatus]]]] = {
    # A claim of a running task is the claim of a lost attempt: it starts the next, or fails the task as worker_lost.
    Cause.CLAIM: {
        _T.PENDING: frozenset({_T.RUNNING}),
        _T.QUEUED: frozenset({_T.RUNNING}),
        _T.RETRYING: frozenset({_T.RUNNING}),
        _T.RUNNING: frozenset({_T.RUNNING, _T.FAILED}),
    },
    Cause.REPORT: {_T.RUNNING: frozenset({_T.COMPLETED, _T.FAILED, _T.RETRYING, _T.QUEUED})},
    Cause.HEARTBEAT: {_T.RUNNING: frozenset({_T.RUNNING, _T.RETRYING, _T.FAILED})},
    Cause.PATCH: {before: frozenset(after | ENDED_TASK) for before, after in _PATCH_OPEN.items()},
    Cause.CANCEL: {before: frozenset({_T.CANCELLED}) for before in _PATCH_OPEN},
    # An enqueued task is queued again; one that its caller runs, or that waits for others, is pending again.
    Cause.RETRY: {before: frozenset({_T.QUEUED, _T.PENDING}) for before in ENDED_TASK},
    # Its dependencies allow it, or can never allow it any more.
    Cause.SETTLE: {_T.PENDING: frozenset({_T.QUEUED, _T.CANCELLED})},
}

_OPEN_RUN: Final = (_R.PENDING, _R.RUNNING)

RUN_TRANSITIONS: Final[dict[Cause, dict[RunStatus, frozenset[RunStatus]]]] = {
    Cause.CLAIM: {_R.PENDING: frozenset({_R.RUNNING})},
    Cause.PATCH: {_R.PENDING: frozenset({_R.RUNNING, *ENDED_RUN}), _R.RUNNING: ENDED_RUN},
    Cause.CANCEL: {before: frozenset({_R.CANCELLED}) for before in _OPEN_RUN},
    # `autoComplete`, when every task has ended.
    Cause.SETTLE: dict.fromkeys(_OPEN_RUN, ENDED_RUN),
    Cause.RETRY: {before: frozenset({_R.RUNNING}) for before in ENDED_RUN},
}


def allowed(cause: Cause, before: TaskStatus, after: TaskStatus) -> bool:
    """Whether `cause` may move a task from `before` to `after`."""
    return after in TASK_TRANSITIONS[cause].get(before, frozenset())


def run_allowed(cause: Cause, before: RunStatus, after: RunStatus) -> bool:
    """Whether `cause` may move a run from `before` to `after`."""
    return after in RUN_TRANSITIONS[cause].get(before, frozenset())
