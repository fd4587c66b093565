"""What a change of a task means to whoever watches, change by change."""

from dataclasses import replace
from typing import Any

import pytest

from foreman_contract.enums import ReportStatus, TaskStatus
from foreman_engine.domain.attempts import (
    AttemptResult,
    BeatOf,
    Claimant,
    decide_claim,
    decide_heartbeat,
    decide_report,
)
from foreman_engine.domain.measures import Measures, of_changes, of_creation
from foreman_engine.domain.patches import TaskPatch, patch_task
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.putting_back import put_back
from foreman_engine.domain.tasks import Change, TaskState, finish
from foreman_engine.memory.meter import MemoryMeter

T0 = 1_000_000
LATER = T0 + 5_000
WORKER = Claimant("w", "c", 60)


def task(status: TaskStatus = TaskStatus.QUEUED, **fields: Any) -> TaskState:
    made = TaskState(
        id="t",
        run_id="r",
        org_id="o",
        type="t",
        status=status,
        input_data=Payload("null"),
        created_at=T0,
        updated_at=T0,
        enqueue=True,
        queued_at=T0,
    )
    return replace(made, **fields)


def after(decision: Any) -> TaskState:
    assert decision.after is not None
    return decision.after  # type: ignore[no-any-return]


def claimed(before: TaskState, now: int = LATER) -> TaskState:
    return after(decide_claim(before, WORKER, now, run_cancelled=False))


def reported(before: TaskState, status: ReportStatus, now: int = LATER) -> TaskState:
    return after(decide_report(before, AttemptResult(before.attempt, status), now, 0.5, run_cancelled=False))


def patched(before: TaskState, **fields: Any) -> TaskState:
    changed = patch_task(before, TaskPatch(**fields), LATER)
    assert changed is not None
    return changed


RUNNING = claimed(task())
LAST = replace(RUNNING, max_retries=0)
LOST_AT = (RUNNING.lease_until or 0) + 1
RETRYING = reported(RUNNING, ReportStatus.FAILED)
DUE = (RETRYING.available_at or 0) + 700
TIMED = replace(RUNNING, timeout_s=1)
COMPLETED = reported(RUNNING, ReportStatus.COMPLETED)
FAILED = reported(LAST, ReportStatus.FAILED)
BY_PATCH = patched(task(), status=TaskStatus.RUNNING)
RELEASED = reported(RUNNING, ReportStatus.RELEASED)
SWEPT = replace(RETRYING, due_at=DUE)


def beaten(before: TaskState, now: int) -> TaskState:
    return after(decide_heartbeat(before, BeatOf(before.attempt), now, 0.5, run_cancelled=False))


CHANGES: dict[str, tuple[TaskState, TaskState, Measures]] = {
    "a claim": (task(), RUNNING, Measures(tasks_claimed=1, queue_to_start_ms=(5000,))),
    "a claim after its delay": (
        task(available_at=T0 + 4000),
        claimed(task(available_at=T0 + 4000)),
        Measures(tasks_claimed=1, queue_to_start_ms=(1000,)),
    ),
    "a claim of a retry": (
        RETRYING,
        claimed(RETRYING, DUE),
        Measures(tasks_claimed=1, queue_to_start_ms=(700,)),
    ),
    "a claim of what was released": (
        RELEASED,
        claimed(RELEASED, LATER + 300),
        Measures(tasks_claimed=1, queue_to_start_ms=(300,)),
    ),
    "a claim of what was never queued": (
        task(TaskStatus.PENDING, queued_at=None),
        claimed(task(TaskStatus.PENDING, queued_at=None)),
        Measures(tasks_claimed=1),
    ),
    "the same claim again": (RUNNING, beaten(RUNNING, LATER + 50_000), Measures()),
    "a claim of a lost attempt": (
        RUNNING,
        after(decide_claim(RUNNING, Claimant("w2", "c2"), LOST_AT, run_cancelled=False)),
        Measures(tasks_claimed=1, tasks_lost=1, tasks_retried=1),
    ),
    "a claim of the last attempt, lost": (
        LAST,
        after(decide_claim(LAST, Claimant("w2", "c2"), LOST_AT, run_cancelled=False)),
        Measures(tasks_lost=1, tasks_failed=1),
    ),
    "a completion": (RUNNING, COMPLETED, Measures(tasks_completed=1)),
    "a failure that is retried": (RUNNING, RETRYING, Measures(tasks_retried=1)),
    "a failure for good": (LAST, FAILED, Measures(tasks_failed=1)),
    "a release": (RUNNING, RELEASED, Measures()),
    "a timeout that is retried": (TIMED, beaten(TIMED, LATER + 2000), Measures(tasks_retried=1)),
    "a timeout for good": (
        replace(TIMED, max_retries=0),
        beaten(replace(TIMED, max_retries=0), LATER + 2000),
        Measures(tasks_failed=1),
    ),
    "running by PATCH": (task(), BY_PATCH, Measures()),
    "completed by PATCH": (
        BY_PATCH,
        patched(BY_PATCH, status=TaskStatus.COMPLETED),
        Measures(tasks_completed=1),
    ),
    "failed by PATCH": (RUNNING, patched(RUNNING, status=TaskStatus.FAILED), Measures(tasks_failed=1)),
    "retrying by PATCH": (BY_PATCH, patched(BY_PATCH, status=TaskStatus.RETRYING), Measures(tasks_retried=1)),
    "a word about an ended task": (
        COMPLETED,
        patched(COMPLETED, metadata=Payload("{}")),
        Measures(),
    ),
    "a cancel": (task(), finish(task(), TaskStatus.CANCELLED, LATER), Measures(tasks_cancelled=1)),
    "an ended task put back": (FAILED, put_back(FAILED, 1, LATER), Measures(tasks_retried=1)),
    "a message sent by the sweep": (SWEPT, replace(SWEPT, due_at=None), Measures(due_sent=1)),
    "a wait that ended before its sweep": (
        SWEPT,
        finish(SWEPT, TaskStatus.CANCELLED, LATER),
        Measures(tasks_cancelled=1),
    ),
    "a dead letter revived": (task(), replace(task(), dead_letters=1), Measures(dead_letters_revived=1)),
    "the note that it has dependants": (task(), replace(task(), has_dependants=True), Measures()),
}


@pytest.mark.parametrize(("before", "then", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_change_means(before: TaskState, then: TaskState, expected: Measures) -> None:
    assert of_changes([Change(before, then)]) == expected


def test_changes_and_creations_add_up() -> None:
    meter = MemoryMeter()
    meter.count(of_creation([task(), task()]))
    meter.count(of_changes([Change(before, then) for before, then, _ in CHANGES.values()]))
    expected = sum((each for _, _, each in CHANGES.values()), Measures(tasks_created=2))
    assert meter.total == expected
    assert len(meter.total.queue_to_start_ms) == 4
