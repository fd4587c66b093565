"""Pages of rows in memory."""

from collections.abc import Iterable

from foreman_engine.service.indexes import IndexRow
from foreman_engine.service.ports import Position


def page_of(
    rows: Iterable[IndexRow], limit: int, after: Position | None, *, ascending: bool
) -> list[IndexRow]:
    """The first `limit` rows behind `after`, in order."""
    ordered = sorted(rows, key=_place, reverse=not ascending)
    if after is not None:
        last = (after.at, after.id)
        ordered = [row for row in ordered if (_place(row) > last if ascending else _place(row) < last)]
    return ordered[:limit]


def _place(row: IndexRow) -> tuple[int, str]:
    return row.at, row.id
