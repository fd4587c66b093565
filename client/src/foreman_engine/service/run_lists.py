"""Lists of runs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from foreman_contract.enums import RunStatus
from foreman_contract.pages import RunSort
from foreman_contract.runs import RunPage
from foreman_engine.domain.runs import RunState
from foreman_engine.service import cursors
from foreman_engine.service.cursors import Mark
from foreman_engine.service.indexes import IndexRow, RunIndex
from foreman_engine.service.listing import Source, page_of
from foreman_engine.service.pages import ListQuery, fit, pagination
from foreman_engine.service.ports import Ports, Position
from foreman_engine.service.views import run_view


@dataclass(frozen=True, slots=True)
class RunsAsked:
    """Which runs, and by which of their times; those without it are left out."""

    status: RunStatus | None = None
    sort: RunSort = "created_at"


def list_runs(ports: Ports, org_id: str, asked: RunsAsked, query: ListQuery) -> RunPage:
    """A page of an organization's runs. Which runs there are may lag behind writes by a moment; what they say does not.

    Raises:
        InvalidCursorError: the cursor is broken or belongs to another query.
    """
    scope = cursors.scope_of(org_id, "runs", asked.status, asked.sort, query.ascending)
    mark = cursors.decode(scope, query.cursor) if query.cursor is not None else None
    page = page_of(_source(ports, org_id, asked, query), query, mark)
    total = mark.total if mark is not None else page.total
    runs = _still_so(ports, org_id, asked, page.rows)
    rows = fit(runs, ports.runs.load, lambda run: run_view(run, listed=True))
    tail = page.tail
    if len(rows) < len(runs):
        last = runs[len(rows) - 1]
        tail = Mark(getattr(last, asked.sort), last.id)
    cursor = cursors.encode(scope, replace(tail, total=total)) if tail is not None else None
    return RunPage(data=rows, pagination=pagination(query, total, next_cursor=cursor))


def _source(ports: Ports, org_id: str, asked: RunsAsked, query: ListQuery) -> Source[IndexRow]:
    """By creation there is an index for each status; by another time the rows tell theirs."""
    by_creation = asked.sort == "created_at"
    index = RunIndex(asked.sort, asked.status if by_creation else None)
    filters = asked.status is not None and not by_creation
    return Source(
        read=lambda limit, after: ports.runs.rows(org_id, index, limit, after, ascending=query.ascending),
        place=lambda row: Position(row.at, row.id),
        count=lambda at_most: ports.runs.count(org_id, index, at_most),
        matches=(lambda row: row.status is asked.status) if filters else None,
    )


def _still_so(ports: Ports, org_id: str, asked: RunsAsked, rows: Sequence[IndexRow]) -> list[RunState]:
    """The runs of some rows, as they are now; one that moved on since the index was written is not in this place any more."""
    found = ports.runs.whole(org_id, [row.id for row in rows])
    pairs = ((row, found.get(row.id)) for row in rows)
    return [
        run
        for row, run in pairs
        if run is not None and getattr(run, asked.sort) == row.at and asked.status in (None, run.status)
    ]
