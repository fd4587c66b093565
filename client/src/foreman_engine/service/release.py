"""What an end means to the tasks that depend on it: they are released, once, or cancelled when they can never start.

Everything is decided from what is read now and written on condition that it is still so. A task is released by sending its
message and then writing `queued`: a claim that comes in between reads the dependencies itself. It is cancelled in one
transaction with the failures that prove it, behind a hint on the work queue, because no worker's message covers its end.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.errors import StaleError, UnavailableError
from foreman_engine.domain.graph import Readiness, Verdict, cancelled_for, held_up, judge, released
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.domain.work import Work, WorkKind
from foreman_engine.service.notices import first_notices, send
from foreman_engine.service.ports import Ports, RunGuard

PAGE: Final = 25
INLINE_PAGES: Final = 8
"""What a request releases before it answers: so many pages of dependants, or levels of a cascade. The work queue goes on."""
WORK_PAGES: Final = 40
HINT_DELAY_S: Final = 30
"""Long enough for the inline work to finish first, so that the hint nearly always finds nothing to do."""
_BATCH: Final = 100
"""Tasks read, and resolved, together."""
_MANY: Final = 10
"""More dependencies than these are glanced at before all of them are read."""
_TRANSACTION: Final = 25
_MAX_PROOF: Final = 60
"""Failures asserted in one transaction beside 25 changes. Source: TransactWriteItems takes 100 actions."""
_TRIES: Final = 20

_Place: TypeAlias = tuple[TaskState, str | None]
"""A task that ended, and behind which of its dependants to go on."""


def release_dependants(
    ports: Ports,
    run: RunState,
    ended: Sequence[TaskState],
    pages: int,
    after_id: str | None = None,
) -> list[TaskState]:
    """Release or cancel what depends on `ended`, and what depends on that; the tasks that were cancelled.

    Up to `pages` pages of dependants; the rest is left to the work queue. `after_id` is where those of the first task go on.
    Tasks that ended together share their dependants: what joins them is looked at once.

    Raises:
        UnavailableError: something could not be done; nothing is undone, call again.
    """
    queue: deque[_Place] = deque((task, None) for task in ended if task.ended and task.has_dependants)
    if queue and after_id is not None:
        queue[0] = (queue[0][0], after_id)
    cancelled: list[TaskState] = []
    room = pages * PAGE
    while queue and run.status is not RunStatus.CANCELLED:
        if pages == 0 or room <= 0:
            left = [
                Work(run.org_id, run.id, task.id, WorkKind.RELEASE, after_id=place) for task, place in queue
            ]
            ports.messages.send_work(left, 0)
            break
        pages -= 1
        completed = all(task.status is TaskStatus.COMPLETED for task, _ in queue)
        ids = _take(ports, run, queue, room)
        room -= len(ids)
        for start in range(0, len(ids), _BATCH):
            children = list(_read(ports, run.org_id, ids[start : start + _BATCH]).values())
            if completed:
                children = _perhaps_ready(ports, run, children)
            through = resolve(ports, run, children)
            queue.extend((each, None) for each in through if each.has_dependants)
            cancelled += through
    return cancelled


def _take(ports: Ports, run: RunState, queue: deque[_Place], room: int) -> list[str]:
    """Up to `room` dependants of the tasks in the queue, which leave it when all of theirs are taken."""
    ids: dict[str, None] = {}
    while queue and len(ids) < room:
        task, place = queue.popleft()
        page = ports.tasks.dependants(run.org_id, task.id, room - len(ids), place)
        if page.more:
            queue.appendleft((task, page.ids[-1]))
        ids |= dict.fromkeys(page.ids)
    return list(ids)


def _perhaps_ready(ports: Ports, run: RunState, tasks: Sequence[TaskState]) -> list[TaskState]:
    """Without those that a few of their many dependencies keep waiting: only for ends that make nothing impossible.

    Whoever ends one of those few looks again, and whoever fails looks at all.
    """
    # Tasks mostly end in the order of their creation: of the first and the last of them, some are open to the end.
    glances = {
        task.id: dict.fromkeys(task.depends_on[:2] + task.depends_on[-3:])
        for task in tasks
        if len(task.depends_on) > _MANY
    }
    wanted = list(dict.fromkeys(each for glance in glances.values() for each in glance))
    found = _read(ports, run.org_id, wanted)
    return [
        task for task in tasks if not held_up(task, [found[each] for each in glances.get(task.id, ())], run)
    ]


def resolve(ports: Ports, run: RunState, tasks: Sequence[TaskState]) -> list[TaskState]:
    """Release those tasks whose dependencies allow it and cancel those for which they never will; the cancelled ones.

    Tasks that wait for nothing are passed over.
    """
    cancelled: list[TaskState] = []
    waiting = [task for task in tasks if task.waits]
    for _ in range(_TRIES):
        if not waiting or run.status is RunStatus.CANCELLED:
            return cancelled
        run = _as_new_as(ports, run, waiting)
        verdicts = _verdicts(ports, run, waiting)
        pairs = [(task, verdicts[task.id]) for task in waiting]
        ready = [task for task, verdict in pairs if verdict.readiness is Readiness.READY and task.enqueue]
        stale = _release(ports, ready)
        for batch in _batches([pair for pair in pairs if pair[1].readiness is Readiness.IMPOSSIBLE]):
            done = _cancel(ports, run, batch)
            cancelled += done
            stale += [] if done else [task.id for task, _ in batch]
        if not stale:
            return cancelled
        run = ports.runs.get(run.org_id, [run.id])[run.id]
        waiting = [task for task in _read(ports, run.org_id, stale).values() if task.waits]
    raise UnavailableError("The tasks are changing too fast to be released.")


def verdict_on(ports: Ports, run: RunState, task: TaskState) -> Verdict:
    """What its dependencies, read now, say of one task."""
    return _verdicts(ports, _as_new_as(ports, run, [task]), [task])[task.id]


def _as_new_as(ports: Ports, run: RunState, tasks: Sequence[TaskState]) -> RunState:
    """The run, read again if a retry that moved one of the tasks came after it was read."""
    if all(task.epoch <= run.epoch for task in tasks):
        return run
    return ports.runs.get(run.org_id, [run.id])[run.id]


def _verdicts(ports: Ports, run: RunState, tasks: Sequence[TaskState]) -> dict[str, Verdict]:
    wanted = list(dict.fromkeys(each for task in tasks for each in task.depends_on))
    dependencies = _read(ports, run.org_id, wanted)
    return {task.id: judge(task, dependencies, run) for task in tasks}


def _read(ports: Ports, org_id: str, task_ids: Sequence[str]) -> Mapping[str, TaskState]:
    found: dict[str, TaskState] = {}
    for start in range(0, len(task_ids), _BATCH):
        found |= ports.tasks.get(org_id, task_ids[start : start + _BATCH])
    return found


def _release(ports: Ports, ready: Sequence[TaskState]) -> list[str]:
    """Queue tasks; those that somebody else changed meanwhile are named."""
    if not ready:
        return []
    now = ports.clock.now_ms()
    changes = [Change(task, released(task, now)) for task in ready]
    send(ports, first_notices([change.after for change in changes], now))
    saved = ports.tasks.save_each(changes)
    return [change.before.id for change, after in zip(changes, saved, strict=True) if after is None]


def _batches(doomed: Sequence[tuple[TaskState, Verdict]]) -> list[list[tuple[TaskState, Verdict]]]:
    """Groups that fit a transaction with their proofs."""
    batches: list[list[tuple[TaskState, Verdict]]] = []
    proof: set[str] = set()
    for task, verdict in doomed:
        more = {each.id for each in verdict.failures}
        if not batches or len(batches[-1]) == _TRANSACTION or len(proof | more) > _MAX_PROOF:
            batches.append([])
            proof = set()
        batches[-1].append((task, verdict))
        proof |= more
    return batches


def _cancel(ports: Ports, run: RunState, doomed: Sequence[tuple[TaskState, Verdict]]) -> list[TaskState]:
    """Cancel tasks in one transaction; none when somebody else changed one of them, a proof, or the run."""
    now = ports.clock.now_ms()
    changes = [Change(task, cancelled_for(task, verdict.failures, now)) for task, verdict in doomed]
    proof = {each.id: each for _, verdict in doomed for each in verdict.failures}
    hints = [Work(run.org_id, run.id, task.id) for task, _ in doomed]
    ports.messages.send_work(hints, HINT_DELAY_S)
    try:
        return ports.tasks.save(changes, RunGuard(run), list(proof.values()))
    except StaleError:
        return []
