"""Reconcile: an operator's walk over everything open, for what no crash explains (a queue purged, a message deleted by hand).

It settles and sends again; all of that is harmless where it was not needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.all_runs import all_rows
from foreman_engine.service.notices import notice, send
from foreman_engine.service.ports import Ports
from foreman_engine.service.release import resolve
from foreman_engine.service.settle import settle, settle_hinted
from foreman_engine.service.walks import WORK_PAGES, walk

IDLE_MS: Final = 15 * 60_000
_TASKS: Final = 100


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was done for one run: whether a walk went on, whether it ended, which tasks' messages were sent again."""

    org_id: str
    run_id: str
    walked: bool
    ended: bool
    sent: tuple[str, ...]


def reconcile(ports: Ports, org_id: str, idle_ms: int = IDLE_MS) -> Iterator[Reconciled]:
    """Go through the organization's runs that are not finished, newest first, and heal each; what was done, run by run.

    Raises:
        UnavailableError: a store or queue was away; running it again does the rest.
    """
    for rows in all_rows(ports, org_id):
        found = ports.runs.get(org_id, [row.id for row in rows])
        runs = [found[row.id] for row in rows if row.id in found]
        yield from (_heal(ports, run, idle_ms) for run in runs if not _is_finished(run))


def _is_finished(run: RunState) -> bool:
    return run.ended and run.notified_at is not None and not run.hold


def _heal(ports: Ports, run: RunState, idle_ms: int) -> Reconciled:
    walked = run.hold
    if walked:
        walk(ports, run, WORK_PAGES)
    sent = tuple(_send_idle(ports, run, idle_ms))
    settle(ports, run.org_id, run.id)
    now_ended = ports.runs.get(run.org_id, [run.id])[run.id].ended
    return Reconciled(run.org_id, run.id, walked, now_ended and not run.ended, sent)


def _send_idle(ports: Ports, run: RunState, idle_ms: int) -> Iterator[str]:
    after_id: str | None = None
    while True:
        page = ports.tasks.of_run(run.org_id, run.id, _TASKS, after_id, ascending=True)
        now = ports.clock.now_ms()
        idle = [task for task in page.tasks if _is_idle(task, now - idle_ms)]
        settle_hinted(ports, resolve(ports, run, page.tasks))
        send(ports, [notice(task) for task in idle])
        yield from (task.id for task in idle)
        if not page.more or not page.tasks:
            return
        after_id = page.tasks[-1].id


def _is_idle(task: TaskState, before: int) -> bool:
    """Whether a message should have moved the task by then: it waits for one, is due, and nothing happened since."""
    if not task.enqueue or task.ended or task.due_at is not None:
        return False
    if task.status is TaskStatus.RUNNING:
        return task.lease_until is not None and task.lease_until < before
    return task.status is not TaskStatus.PENDING and max(task.updated_at, task.available_at or 0) < before
