"""Walks over a run's tasks after its cancel or retry: small runs at once, the rest through the work queue.

A walk belongs to the epoch that its cancel or retry gave the run, and every page asserts it: a walk that was overtaken stops. The
run's `hold` says that a walk is not finished; a walk begun again does no harm.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.putting_back import put_back
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState, finish
from foreman_engine.domain.transitions import Cause, allowed
from foreman_engine.domain.work import Work, WorkKind
from foreman_engine.service.notices import first_notices, may_lack_message, send
from foreman_engine.service.ports import Ports, RunGuard
from foreman_engine.service.release import resolve
from foreman_engine.service.settle import announce_ends, settle, settle_hinted

PAGE: Final = 25
INLINE_PAGES: Final = 8
"""What a request walks before it answers; the work queue goes on from there."""
WORK_PAGES: Final = 40
_TRIES: Final = 8


_Step = Callable[[TaskState, RunState, int], TaskState | None]


class _OvertakenError(Exception):
    """The run is at another epoch: another walk owns its tasks now."""


def kind_of(run: RunState) -> WorkKind:
    """Which walk a held run is under."""
    return WorkKind.CANCEL if run.status is RunStatus.CANCELLED else WorkKind.RETRY


def walk(ports: Ports, run: RunState, pages: int, after_id: str | None = None) -> None:
    """Walk up to `pages` pages behind `after_id`, leave the rest to the work queue, and settle after the last.

    Another walk of this epoch may have died between its write and what that causes: it is done again for all it wrote.
    """
    for _ in range(pages):
        page = ports.tasks.of_run(run.org_id, run.id, PAGE, after_id, ascending=True)
        try:
            _walk_page(ports, run, page.tasks)
        except _OvertakenError:
            return
        if not page.more:
            _finish(ports, run)
            return
        after_id = page.tasks[-1].id
    go_on = Work(run.org_id, run.id, kind=kind_of(run), epoch=run.epoch, after_id=after_id)
    ports.messages.send_work([go_on], 0)


def _walk_page(ports: Ports, run: RunState, tasks: Sequence[TaskState]) -> None:
    step = _cancel if kind_of(run) is WorkKind.CANCEL else _put_back
    touched = [task for task in _write(ports, run, tasks, step) if task.epoch == run.epoch]
    if kind_of(run) is WorkKind.CANCEL:
        announce_ends(ports, run, [task for task in touched if task.status is TaskStatus.CANCELLED])
    else:
        send(ports, first_notices([task for task in touched if may_lack_message(task)], ports.clock.now_ms()))
        # What a waiting task depends on may have ended before it waited again, and have passed it over.
        settle_hinted(ports, resolve(ports, run, touched))


def _cancel(task: TaskState, run: RunState, now: int) -> TaskState | None:
    if not allowed(Cause.CANCEL, task.status, TaskStatus.CANCELLED):
        return None
    return replace(finish(task, TaskStatus.CANCELLED, now), hinted=True, epoch=run.epoch)


def _put_back(task: TaskState, run: RunState, now: int) -> TaskState | None:
    again = task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) and task.epoch != run.epoch
    return put_back(task, run.epoch, now) if again else None


def _write(ports: Ports, run: RunState, tasks: Sequence[TaskState], step: _Step) -> list[TaskState]:
    """Take the step for every task that needs it, in one transaction: the tasks written, then the others."""
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        changes = [Change(task, after) for task in tasks if (after := step(task, run, now)) is not None]
        moved = {change.before.id for change in changes}
        others = [task for task in tasks if task.id not in moved]
        try:
            saved = ports.tasks.save(changes, RunGuard(run)) if changes else []
        except StaleError as stale:
            if run.id in stale.ids:
                raise _OvertakenError from stale
            tasks = list(ports.tasks.get(run.org_id, [task.id for task in tasks]).values())
            continue
        return [*saved, *others]
    raise UnavailableError("The tasks are changing too fast to be walked.")


def _finish(ports: Ports, run: RunState) -> None:
    """The last page is done: release the hold of this epoch, then settle the run."""
    for _ in range(_TRIES):
        current = ports.runs.get(run.org_id, [run.id])[run.id]
        if current.epoch != run.epoch or not current.hold:
            break
        try:
            ports.runs.save(current, replace(current, hold=False))
        except StaleError:
            continue
        break
    settle(ports, run.org_id, run.id)
