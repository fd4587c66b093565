"""What a message on Foreman's own work queue leads to: something begun elsewhere is finished, or found to be done."""

from foreman_engine.domain.work import AnyWork, DueFire, Work, WorkKind
from foreman_engine.service.notices import first_notices, may_lack_message, send
from foreman_engine.service.ports import Ports
from foreman_engine.service.release import WORK_PAGES as RELEASE_PAGES
from foreman_engine.service.release import release_dependants, resolve
from foreman_engine.service.schedule_fires import fire_due
from foreman_engine.service.settle import settle, settle_hinted, tell
from foreman_engine.service.walks import WORK_PAGES, walk


def finish_work(ports: Ports, work: AnyWork) -> None:
    """Finish what the hint names. Doing so twice, or at the same time as others, does no harm.

    Raises:
        UnavailableError: a store or queue was away; the message comes back.
    """
    if isinstance(work, DueFire):
        fire_due(ports, work)
        return
    if work.kind is WorkKind.SETTLE:
        _settle(ports, work)
        return
    if work.kind is WorkKind.RELEASE:
        _release(ports, work)
        return
    run = ports.runs.get(work.org_id, [work.run_id]).get(work.run_id)
    if run is None or run.epoch != work.epoch:
        return
    if run.hold:
        walk(ports, run, WORK_PAGES, work.after_id)
    else:
        settle(ports, run.org_id, run.id)


def _settle(ports: Ports, work: Work) -> None:
    task = ports.tasks.get(work.org_id, [work.task_id]).get(work.task_id) if work.task_id else None
    if task is not None and task.ended:
        settle_hinted(ports, [task])
        return
    run = ports.runs.get(work.org_id, [work.run_id]).get(work.run_id)
    if task is not None and run is not None:
        if may_lack_message(task):
            # A retry of the task wrote `queued` and may have died before it sent the message.
            send(ports, first_notices([task], ports.clock.now_ms()))
        settle_hinted(ports, resolve(ports, run, [task]))
    settle(ports, work.org_id, work.run_id)


def _release(ports: Ports, work: Work) -> None:
    task = ports.tasks.get(work.org_id, [work.task_id]).get(work.task_id) if work.task_id else None
    run = ports.runs.get(work.org_id, [work.run_id]).get(work.run_id)
    if task is None or run is None:
        return
    tell(ports, run, release_dependants(ports, run, [task], RELEASE_PAGES, work.after_id))
    settle(ports, work.org_id, work.run_id)
