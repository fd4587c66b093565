"""Lists of runs and tasks as a list that is filtered and sorted by hand, and the changes that happen between their pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.pages import RunSort
from foreman_contract.runs import Run
from foreman_contract.tasks import Task

TYPES = ["order", "mail"]
KINDS = ["run", "tasks", "child", "move task"] * 2 + ["move run", "cancel run", "retry run", "retry task"]
SORTS: tuple[RunSort, ...] = ("created_at", "started_at", "completed_at")

R = TypeVar("R", Run, Task)
Place: TypeAlias = tuple[int, str]


@dataclass(frozen=True)
class Asked:
    """A list. Runs and parents are meant by their place among those that there are; -1 is one that nobody has."""

    tasks: bool
    status: str | None
    sort: RunSort
    ascending: bool
    run: int | None = None
    type: str | None = None
    parent: int | None = None


@dataclass(frozen=True)
class Step:
    """One change: `which` picks a run or task that is there (modulo their number)."""

    kind: str
    which: int
    status: str
    type: str
    after_ms: int


@st.composite
def lists(draw: st.DrawFn) -> Asked:
    """Every filter with every sort and order."""
    some, ascending = st.sampled_from, draw(st.booleans())
    if not draw(st.booleans()):
        status = draw(st.none() | some([status.value for status in RunStatus]))
        return Asked(tasks=False, status=status, sort=draw(some(SORTS)), ascending=ascending)
    run = draw(st.none() | st.integers(0, 3))
    return Asked(
        tasks=True,
        status=draw(st.none() | some([status.value for status in TaskStatus])),
        sort=draw(some(SORTS)) if run is not None else "created_at",
        ascending=ascending,
        run=run,
        type=draw(st.none() | some(TYPES)),
        parent=draw(st.none() | st.integers(-1, 6)),
    )


steps = st.builds(
    Step,
    kind=st.sampled_from(KINDS),
    which=st.integers(0, 40),
    status=st.sampled_from(["running", "running", "completed", "failed", "cancelled"]),
    type=st.sampled_from(TYPES),
    after_ms=st.integers(0, 2),
)


def place(row: Run | Task, sort: RunSort) -> Place | None:
    """Where a row stands in an order; None when it lacks the time."""
    at: int | None = getattr(row, sort)
    return None if at is None else (at, row.id)


def answer(rows: Sequence[R], asked: Asked, run_id: str | None, parent_id: str | None) -> list[R]:
    """Every row of a list, in order: contract section 8, word by word."""
    found = [
        (where, row)
        for row in rows
        if (where := place(row, asked.sort)) is not None
        and asked.status in (None, row.status)
        and (isinstance(row, Run) or _is_asked(row, asked, run_id, parent_id))
    ]
    return [row for _, row in sorted(found, key=lambda pair: pair[0], reverse=not asked.ascending)]


def _is_asked(task: Task, asked: Asked, run_id: str | None, parent_id: str | None) -> bool:
    return (
        asked.type in (None, task.type)
        and run_id in (None, task.run_id)
        and parent_id in (None, task.parent_task_id)
    )
