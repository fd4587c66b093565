"""Every run of an organization, for an operator's walk."""

from collections.abc import Iterator, Sequence
from typing import Final

from foreman_engine.service.indexes import IndexRow, RunIndex
from foreman_engine.service.ports import Ports, Position

PAGE: Final = 25


def all_rows(ports: Ports, org_id: str) -> Iterator[Sequence[IndexRow]]:
    """The rows of all runs, newest first, a page at a time. May lag behind writes."""
    position: Position | None = None
    while True:
        rows = ports.runs.rows(org_id, RunIndex(), PAGE, position, ascending=False)
        yield rows
        if len(rows) < PAGE:
            return
        position = Position(rows[-1].at, rows[-1].id)
