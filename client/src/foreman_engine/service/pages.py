"""What lists share: their query, and pages that never outgrow an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from foreman_contract import limits
from foreman_contract.base import WireModel
from foreman_contract.pages import Pagination
from foreman_engine.domain.payload import compact, escaped_bytes
from foreman_engine.service.cursors import Total

Row = TypeVar("Row", bound=WireModel)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """How far and in which direction to read."""

    limit: int
    cursor: str | None = None
    ascending: bool = False
    total: bool = True
    """Whether the first page counts the rows."""
    offset: int = 0
    """How many rows to pass over; only without a cursor."""


def fit(rows: Sequence[Row]) -> list[Row]:
    """The rows that fit an answer of 4 MB, at least one of them."""
    kept: list[Row] = []
    room = limits.MAX_ANSWER_BYTES
    for row in rows:
        room -= escaped_bytes(compact(row.to_wire()))
        if room < 0 and kept:
            break
        kept.append(row)
    return kept


def pagination(query: ListQuery, total: Total | None = None, *, next_cursor: str | None = None) -> Pagination:
    """The pagination of a page; what is None stays absent."""
    optional = {
        "total": total.count if total else None,
        "total_is_lower_bound": True if total and total.at_least else None,
        "next_cursor": next_cursor,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return Pagination.model_validate({"limit": query.limit, "offset": query.offset, **given})
