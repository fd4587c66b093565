"""What one write may do to a run, told from the contract and not from the engine's tables."""

from collections.abc import Sequence
from typing import Final

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.runs import PatchRun
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from tests.unit.engine.simulation.faults import Doing

_R = RunStatus
ENDED: Final = (_R.COMPLETED, _R.FAILED, _R.CANCELLED)


def check_write(doing: Doing, before: RunState, after: RunState, tasks: Sequence[TaskState]) -> None:
    """One write of a run by `doing`; `tasks` are the run's, as they stand."""
    assert after.total_tasks >= before.total_tasks
    if after.total_tasks != before.total_tasks:
        assert doing.name == "create_tasks"
        assert not before.ended, "a task came into an ended run"
        assert (after.rev, after.status, after.epoch) == (before.rev, before.status, before.epoch)
        return
    assert after.rev == before.rev + 1, "a write between was overwritten"
    assert after.ended == (after.completed_at is not None)
    _check_epoch(doing, before, after)
    if before.status is after.status:
        return
    if before.ended:
        assert (doing.name, after.status) == ("retry_run", _R.RUNNING), "an ended run moved by itself"
        assert after.epoch == before.epoch + 1
        assert all(task.status in _ENDED_TASK for task in tasks), "retried while a task was open"
    elif after.ended:
        _check_end(doing, before, after, tasks)
    else:
        assert (before.status, after.status) == (_R.PENDING, _R.RUNNING)
        assert doing.name in ("claim", "patch_task", "patch_run")


_ENDED_TASK: Final = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


def _check_epoch(doing: Doing, before: RunState, after: RunState) -> None:
    assert after.epoch - before.epoch in (0, 1), "the epoch went backwards, or leapt"
    cancelled = after.status is _R.CANCELLED and not before.ended and _asked(doing) is _R.CANCELLED
    retried = before.ended and not after.ended
    assert (after.epoch > before.epoch) == (cancelled or retried)
    if after.hold and not before.hold:
        assert after.epoch > before.epoch


def _asked(doing: Doing) -> RunStatus | None:
    """The status that the caller asked for."""
    if doing.name == "cancel_run":
        return _R.CANCELLED
    return doing.request.status if isinstance(doing.request, PatchRun) else None


def _check_end(doing: Doing, before: RunState, after: RunState, tasks: Sequence[TaskState]) -> None:
    if after.status is _asked(doing):
        return
    assert before.auto_complete, "a run ended by itself without autoComplete"
    assert not before.hold, "a run ended while a retry walked its tasks"
    assert tasks
    ends = [task.status for task in tasks]
    assert all(end in _ENDED_TASK for end in ends), "a run ended before its tasks"
    if any(task.status is TaskStatus.FAILED and not task.allow_failure for task in tasks):
        right = _R.FAILED
    else:
        right = _R.CANCELLED if set(ends) == {TaskStatus.CANCELLED} else _R.COMPLETED
    assert after.status is right
