"""Read units and requests of lists of runs and tasks, counted on DynamoDB Local: `python -m benchmarks.list_costs`.

Of the list alone: the check of an API key is no part of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from benchmarks.dynamodb_local import dynamodb_local_aws
from benchmarks.dynamodb_local_install import DynamoDbLocal
from benchmarks.list_seed import Family, ListSeeder
from benchmarks.usage import Usage
from chalicelib.adapters.aws import aws_ports
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_contract.runs import RunPage
from foreman_contract.tasks import TaskPage
from foreman_engine.domain.runs import RunState
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_lists import RunsAsked, list_runs
from foreman_engine.service.task_lists import TasksAsked, list_tasks
from infra.local.cloud import local_session

FEW_RUNS: Final = 500
"""So that there are a hundred of each status."""
FEW_TASKS: Final = 100
MANY: Final = 20_000
PAGE: Final = 20


class Cost(NamedTuple):
    """What an answer took."""

    read_units: float
    requests: int


@dataclass(frozen=True, slots=True)
class OfTasks:
    """A list of the tasks of a family: of its run, of its parent, of all, or by status."""

    of_run: bool = False
    of_parent: bool = False
    status: TaskStatus | None = None
    type: str | None = None


Case: TypeAlias = RunsAsked | OfTasks

SERVED: Final[dict[str, Case]] = {
    "runs by creation": RunsAsked(),
    **{f"runs that are {status}, by creation": RunsAsked(status) for status in RunStatus},
    "runs by start": RunsAsked(None, "started_at"),
    "runs by completion": RunsAsked(None, "completed_at"),
    "tasks of a run": OfTasks(of_run=True),
    "tasks of the organization": OfTasks(),
    "failed tasks of the organization": OfTasks(status=TaskStatus.FAILED),
    "children of a task": OfTasks(of_parent=True),
}
"""What an index, or the order in which records lie, serves."""

READ_ON: Final[dict[str, Case]] = {
    "tasks of a run, by type": OfTasks(of_run=True, type="none"),
    "tasks of a run, by status": OfTasks(of_run=True, status=TaskStatus.QUEUED),
    "tasks of the organization, by type": OfTasks(type="none"),
    "tasks of the organization, by a status that no index has": OfTasks(status=TaskStatus.QUEUED),
    "children of a task, by type": OfTasks(of_parent=True, type="none"),
    "runs of a status by start": RunsAsked(RunStatus.PENDING, "started_at"),
}
"""Filters that no index serves; nothing matches."""


class Lab:
    """Organizations with few and many runs and tasks, and what it costs to list them."""

    def __init__(self, ports: Ports, usage: Usage, seeder: ListSeeder) -> None:
        self.ports = ports
        self._usage = usage
        self._seeder = seeder
        self._runs: dict[int, list[RunState]] = {}
        self._families: dict[int, Family] = {}

    def runs(self, count: int) -> Sequence[RunState]:
        """The runs of the organization that has so many; made when they are asked for first."""
        if count not in self._runs:
            self._runs[count] = self._seeder.runs(f"runs-{count}", count)
        return self._runs[count]

    def family(self, count: int) -> Family:
        """The run of the organization that has one of so many children; made when it is asked for first."""
        if count not in self._families:
            self._families[count] = self._seeder.family(f"tasks-{count}", count)
        return self._families[count]

    def page(self, case: Case, count: int, query: ListQuery) -> RunPage | TaskPage:
        """A page of a list."""
        if isinstance(case, RunsAsked):
            return list_runs(self.ports, self.runs(count)[0].org_id, case, query)
        kin = self.family(count)
        run_id = kin.run.id if case.of_run else None
        parent_id = kin.parent.id if case.of_parent else None
        asked = TasksAsked(run_id, case.status, case.type, parent_id)
        return list_tasks(self.ports, kin.run.org_id, asked, query)

    def measure(self, case: Case, count: int, query: ListQuery) -> tuple[RunPage | TaskPage, Cost]:
        """A page, and what it costs."""
        self.runs(count) if isinstance(case, RunsAsked) else self.family(count)
        self._usage.reset()
        page = self.page(case, count, query)
        return page, Cost(self._usage.read_units, sum(self._usage.calls.values()))

    def items_read(self) -> float:
        """How many records the last page got by their keys, of which each costs a unit."""
        return self._usage.units["BatchGetItem"]

    def first(self, case: Case, count: int) -> Cost:
        """What the first page costs, uncounted."""
        return self.measure(case, count, ListQuery(PAGE, total=False))[1]

    def by_cursor(self, case: Case, count: int) -> Cost:
        """What a page in the middle costs."""
        deep = self.page(case, count, ListQuery(60, total=False)).pagination.next_cursor
        page, cost = self.measure(case, count, ListQuery(PAGE, deep))
        assert len(page.data) == PAGE
        return cost


@contextmanager
def lab(installed: DynamoDbLocal | None = None) -> Iterator[Lab]:
    """A DynamoDB Local of its own."""
    with dynamodb_local_aws(installed) as (settings, session, usage):
        seeder = ListSeeder(settings, local_session(settings.region))
        yield Lab(aws_ports(settings, session), usage, seeder)


def few(case: Case) -> int:
    """How many rows make a list of about a hundred."""
    return FEW_RUNS if isinstance(case, RunsAsked) else FEW_TASKS


def main() -> None:
    """Print what each list costs."""
    with lab() as made:
        print(
            f"a page of {PAGE}, read units and requests: first and by cursor of few rows, the same of {MANY}"
        )
        for name, case in SERVED.items():
            costs = [
                each(case, count) for count in (few(case), MANY) for each in (made.first, made.by_cursor)
            ]
            print(f"  {name:<58}" + "".join(f"{units:8.1f} {calls:3}" for units, calls in costs))
        print("a first page with its total, of few rows and of many")
        for name, case in SERVED.items():
            costs = [made.measure(case, count, ListQuery(PAGE))[1] for count in (few(case), MANY)]
            print(f"  {name:<58}" + "".join(f"{units:8.1f} {calls:3}" for units, calls in costs))
        print(f"a filter that no index serves and nothing matches, of {MANY}")
        for name, case in READ_ON.items():
            _, (units, calls) = made.measure(case, MANY, ListQuery(PAGE))
            print(f"  {name:<58}{units:8.1f} {calls:3}")


if __name__ == "__main__":
    main()
