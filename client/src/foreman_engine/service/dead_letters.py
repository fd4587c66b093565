"""Dead letters: messages that SQS gave up on after 100 receives. They are hints like any other, and nothing is failed for them.

A task whose workers were away for hours is healthy: its message is sent afresh, without limit, and counted on the record.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.errors import StaleError
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.domain.waits import MAX_DELAY_MS, wait_ms
from foreman_engine.service.notices import notice, send
from foreman_engine.service.ports import Ports
from foreman_engine.service.release import resolve
from foreman_engine.service.settle import settle, settle_hinted

CLAIMABLE_WAIT_MS: Final = MAX_DELAY_MS


class Revival(StrEnum):
    """What became of a dead letter."""

    SENT = "sent"
    """Its task can still run: a new message was sent."""
    SETTLED = "settled"
    """Its task has ended, and everything that the end causes is done; or it waits for others, which were asked again."""
    DROPPED = "dropped"
    """Nothing waits for it: no such task, or nobody's message."""


def revive(ports: Ports, org_id: str, message: TaskMessage) -> Revival:
    """Do what the dead letter of an organization's own queue calls for. A second copy does no harm.

    Raises:
        UnavailableError: a store or queue was away; the letter stays where it is.
    """
    task = ports.tasks.get(org_id, [message.task_id]).get(message.task_id)
    run = ports.runs.get(org_id, [task.run_id]).get(task.run_id) if task else None
    if task is None or run is None or message.org_id != org_id:
        return Revival.DROPPED
    if task.ended or run.status is RunStatus.CANCELLED:
        settle(ports, org_id, task.run_id, [] if task.hinted else [task])
        return Revival.SETTLED
    if task.waits:
        settle_hinted(ports, resolve(ports, run, [task]))
        return Revival.SETTLED
    delay_ms = _wait_ms(task, ports.clock.now_ms())
    if delay_ms is None:
        return Revival.DROPPED
    send(ports, [notice(task, delay_ms)])
    try:
        ports.tasks.save([Change(task, replace(task, dead_letters=task.dead_letters + 1))])
    except StaleError:
        return Revival.SENT  # it moved on by itself; the count is of no use to it
    return Revival.SENT


def _wait_ms(task: TaskState, now: int) -> int | None:
    """How long the new message waits; None when the task waits for no message."""
    if not task.enqueue or task.due_at is not None:
        return None
    if task.status is TaskStatus.RUNNING:
        return None if task.lease_until is None else max(0, task.lease_until - now)
    return max(CLAIMABLE_WAIT_MS, wait_ms(task, now))
