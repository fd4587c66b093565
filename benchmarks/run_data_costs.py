"""Read units and requests of queries over run data, counted on DynamoDB Local: `python -m benchmarks.run_data_costs`.

Of the query alone: the read of its run is shown apart, and the check of an API key is no part of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from benchmarks.dynamodb_local import dynamodb_local_aws
from benchmarks.dynamodb_local_install import DynamoDbLocal
from benchmarks.run_data_cases import ALIKE, BOUNDED, FEW, OTHERS, Case, Shape
from benchmarks.run_data_seed import Seeder
from benchmarks.usage import Usage
from chalicelib.adapters.aws import aws_ports
from chalicelib.adapters.dynamo.capacity import READS
from foreman_contract.run_data import EntryPage
from foreman_engine.domain.search import Search
from foreman_engine.service.data_queries import query_entries
from foreman_engine.service.data_search import search_entries
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import read_run
from infra.local.cloud import local_session

_DEEP: Final = 200
"""Rows in front of a page by cursor, where there are twice as many."""


class Cost(NamedTuple):
    """What an answer took."""

    read_units: float
    requests: int


class Lab:
    """Runs of many entries, and what it costs to ask them."""

    def __init__(self, ports: Ports, usage: Usage, seeder: Seeder) -> None:
        self._ports = ports
        self._usage = usage
        self._seeder = seeder
        self._runs: dict[tuple[Shape, int], str] = {}

    def measure(self, case: Case, size: int) -> tuple[EntryPage, Cost]:
        """The page that a case asks for of a run of `size` entries, and what it costs beside the read of the run."""
        self._run(case.shape, size)
        page = ListQuery(case.limit, ascending=case.ascending, total=case.total)
        if case.by_cursor:
            in_front = case.in_front or min(size // 2, _DEEP)
            before = self._ask(case, size, ListQuery(in_front, ascending=case.ascending, total=False))
            page = ListQuery(case.limit, before.pagination.next_cursor, case.ascending)
        self._usage.reset()
        answer = self._ask(case, size, page)
        cost = self._cost()
        if isinstance(case.query, Search):
            return answer, cost
        run = self.run_read(case.shape, size)
        return answer, Cost(cost.read_units - run.read_units, cost.requests - run.requests)

    def run_read(self, shape: Shape, size: int) -> Cost:
        """What the read of the run itself costs."""
        run_id = self._run(shape, size)
        self._usage.reset()
        read_run(self._ports, _org(shape, size), run_id)
        return self._cost()

    def _run(self, shape: Shape, size: int) -> str:
        """The run of a shape and size, the only one of its organization; made when it is asked for first."""
        if (shape, size) not in self._runs:
            self._runs[shape, size] = self._seeder.run(self._ports, _org(shape, size), shape(size))
        return self._runs[shape, size]

    def _ask(self, case: Case, size: int, page: ListQuery) -> EntryPage:
        org_id = _org(case.shape, size)
        if isinstance(case.query, Search):
            return search_entries(self._ports, org_id, case.query, page)
        return query_entries(self._ports, org_id, self._run(case.shape, size), case.query, page)

    def _cost(self) -> Cost:
        calls = self._usage.calls
        return Cost(self._usage.read_units, sum(calls[each] for each in calls if each in READS))


def _org(shape: Shape, size: int) -> str:
    return f"{shape.__name__.replace('_', '-')}-{size}"


@contextmanager
def lab(installed: DynamoDbLocal | None = None) -> Iterator[Lab]:
    """A DynamoDB Local of its own."""
    with dynamodb_local_aws(installed) as (settings, session, usage):
        seeder = Seeder(settings, local_session(settings.region))
        yield Lab(aws_ports(settings, session), usage, seeder)


def _print(name: str, figures: str) -> None:
    print(f"{name:<72} {figures}", flush=True)


def main() -> None:
    """Print what each case costs."""
    with lab() as made:
        first = ALIKE[0]
        _print("the run itself, read units and requests", f"{made.run_read(first.shape, FEW)}")
        _print(f"pages of 20: read units and requests of {FEW}, and of 20,000", "")
        for case in ALIKE:
            (_, few), (_, many) = made.measure(case, FEW), made.measure(case, case.most)
            _print(
                f"  {case.name}",
                f"{few.read_units:6.1f} {few.requests:4} {many.read_units:8.1f} {many.requests:4}",
            )
        _print("of 20,000: read units, requests, rows", "")
        for case in BOUNDED + OTHERS:
            page, cost = made.measure(case, case.most)
            _print(f"  {case.name}", f"{cost.read_units:6.1f} {cost.requests:4} {len(page.data):5}")


if __name__ == "__main__":
    main()
