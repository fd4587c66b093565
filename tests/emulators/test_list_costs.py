"""What lists of runs and tasks cost, counted in AWS's read units on DynamoDB Local, and their order where they are long."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from benchmarks.dynamodb_local_install import DynamoDbLocal
from benchmarks.list_costs import FEW_RUNS, FEW_TASKS, MANY, PAGE, READ_ON, SERVED, Case, Lab, few, lab
from foreman_contract import limits
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.indexes import IndexRow, RunIndex, TaskIndex
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Position
from foreman_engine.service.run_lists import RunsAsked

pytestmark = pytest.mark.emulator

_AT_ONCE = 2500
Read = Callable[[Position | None], Sequence[IndexRow]]


@pytest.fixture(scope="module")
def made(dynamodb_local: DynamoDbLocal) -> Iterator[Lab]:
    with lab(dynamodb_local) as one:
        yield one


@pytest.mark.parametrize("by_cursor", [False, True], ids=["first", "by cursor"])
@pytest.mark.parametrize("case", SERVED.values(), ids=SERVED.keys())
def test_a_page_costs_the_same_of_a_hundred_rows_and_of_twenty_thousand(
    made: Lab, case: Case, by_cursor: bool
) -> None:
    measure = made.by_cursor if by_cursor else made.first
    costs = [measure(case, count) for count in (few(case), MANY)]
    assert costs[1].requests == costs[0].requests <= 8 + PAGE
    assert costs[1].read_units == pytest.approx(
        costs[0].read_units, abs=1
    )  # a page begins anywhere in its 4 KB
    assert costs[1].read_units <= 8 * 0.5 + PAGE


@pytest.mark.parametrize("case", READ_ON.values(), ids=READ_ON.keys())
def test_a_filter_that_no_index_serves_reads_two_thousand_rows_a_request(made: Lab, case: Case) -> None:
    page, cost = made.measure(case, MANY, ListQuery(PAGE))
    assert page.data == []
    assert page.pagination.next_cursor is not None
    assert (page.pagination.total, page.pagination.total_is_lower_bound) == (0, True)
    assert made.items_read() <= limits.MAX_FILTERED_ROWS
    assert cost.read_units <= limits.MAX_FILTERED_ROWS + 100


def test_what_is_filtered_by_status_is_found_in_the_index_alone(made: Lab) -> None:
    made.measure(RunsAsked(RunStatus.PENDING, "started_at"), MANY, ListQuery(PAGE))
    assert made.items_read() == 0


@pytest.mark.parametrize("case", SERVED.values(), ids=SERVED.keys())
def test_a_total_is_counted_without_reading_more_than_ten_thousand_records(made: Lab, case: Case) -> None:
    page, cost = made.measure(case, MANY, ListQuery(PAGE))
    told, count = page.pagination, listed(made, case)
    assert (told.total, told.total_is_lower_bound) == ((count, None) if count <= 10_000 else (10_000, True))
    assert cost.read_units <= limits.MAX_COUNTED_ROWS * 1.05


def listed(made: Lab, case: Case) -> int:
    """How long a list is, by hand."""
    if not isinstance(case, RunsAsked):
        return MANY
    runs = [run for run in made.runs(MANY) if case.status in (None, run.status)]
    return len([run for run in runs if getattr(run, case.sort) is not None])


def walked(read: Read) -> list[tuple[int, str]]:
    """Every row of an index, part by part."""
    seen: list[tuple[int, str]] = []
    while True:
        part = read(Position(*seen[-1]) if seen else None)
        seen += [(row.at, row.id) for row in part]
        if len(part) < _AT_ONCE:
            return seen


def by_hand(rows: Sequence[RunState | TaskState], sort: str, *, ascending: bool) -> list[tuple[int, str]]:
    """The places of all rows, sorted plainly."""
    times = ((getattr(row, sort), row.id) for row in rows)
    return sorted([each for each in times if each[0] is not None], reverse=not ascending)


@pytest.mark.parametrize(
    ("index", "ascending"), [(RunIndex(), False), (RunIndex("completed_at"), True)], ids=str
)
def test_twenty_thousand_runs_of_eight_partitions_are_merged_in_order(
    made: Lab, index: RunIndex, ascending: bool
) -> None:
    runs = made.runs(MANY)

    def read(after: Position | None) -> Sequence[IndexRow]:
        return made.ports.runs.rows(runs[0].org_id, index, _AT_ONCE, after, ascending=ascending)

    assert walked(read) == by_hand(runs, index.sort, ascending=ascending)


@pytest.mark.parametrize(("status", "ascending"), [(None, True), (TaskStatus.FAILED, False)])
def test_twenty_thousand_tasks_of_eight_partitions_are_merged_in_order(
    made: Lab, status: TaskStatus | None, ascending: bool
) -> None:
    kin = made.family(MANY)

    def read(after: Position | None) -> Sequence[IndexRow]:
        index = TaskIndex(status)
        return made.ports.tasks.rows(kin.run.org_id, index, _AT_ONCE, after, ascending=ascending)

    assert walked(read) == by_hand([kin.parent, *kin.children], "created_at", ascending=ascending)


@pytest.mark.parametrize("name", ["runs by creation", "tasks of a run", "children of a task"])
def test_ten_thousand_rows_are_passed_over(made: Lab, name: str) -> None:
    case = SERVED[name]
    rows = made.runs(MANY) if isinstance(case, RunsAsked) else made.family(MANY).children
    page = made.page(case, MANY, ListQuery(PAGE, offset=limits.MAX_OFFSET, total=False))
    behind = by_hand(rows, "created_at", ascending=False)[limits.MAX_OFFSET :]
    assert [row.id for row in page.data] == [uid for _, uid in behind[:PAGE]]


def test_few_are_a_hundred_of_each_status(made: Lab) -> None:
    runs = made.runs(FEW_RUNS)
    assert {sum(run.status is status for run in runs) for status in RunStatus} == {FEW_TASKS}
