"""The sweep: every minute, messages for the waits that SQS cannot hold are sent ahead, so that they come at their instant."""

from collections import defaultdict
from dataclasses import replace
from typing import Final

from foreman_engine.domain.errors import StaleError
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.domain.waits import MAX_DELAY_MS
from foreman_engine.service.notices import notice, send
from foreman_engine.service.ports import DUE_SHARDS, DueTask, Ports

PAGE: Final = 100
_BUDGET_MS: Final = 45_000
"""A sweep ends before the next begins; what is left is still due then."""


def sweep(ports: Ports) -> int:
    """Send the message of every task that is due within 15 minutes; how many were sent. Safe to run twice at once.

    Raises:
        UnavailableError: a store or queue was away; the next sweep goes on.
    """
    begun = ports.clock.now_ms()
    return sum(_sweep_shard(ports, shard, begun) for shard in range(DUE_SHARDS))


def _sweep_shard(ports: Ports, shard: int, begun: int) -> int:
    sent, seen = 0, set[str]()
    while ports.clock.now_ms() - begun < _BUDGET_MS:
        page = ports.tasks.due(shard, begun + MAX_DELAY_MS, PAGE)
        # The index lags: what was sent a moment ago may still be in it.
        fresh = [due for due in page if due.task_id not in seen]
        seen.update(due.task_id for due in fresh)
        sent += _send_due(ports, fresh)
        if len(page) < PAGE or not fresh:
            break
    return sent


def _send_due(ports: Ports, page: list[DueTask]) -> int:
    by_org: dict[str, list[str]] = defaultdict(list)
    for due in page:
        by_org[due.org_id].append(due.task_id)
    return sum(_send_for(ports, org_id, task_ids) for org_id, task_ids in by_org.items())


def _send_for(ports: Ports, org_id: str, task_ids: list[str]) -> int:
    tasks = [task for task in ports.tasks.get(org_id, task_ids).values() if task.due_at is not None]
    now = ports.clock.now_ms()
    send(ports, [notice(task, (task.due_at or now) - now) for task in tasks])
    for task in tasks:
        _forget(ports, task)
    return len(tasks)


def _forget(ports: Ports, task: TaskState) -> None:
    """The message is on its way: take the task out of the index."""
    try:
        ports.tasks.save([Change(task, replace(task, due_at=None))])
    except StaleError:
        return  # another sweep, or whatever ended the wait, was there first
