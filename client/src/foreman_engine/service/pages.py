"""What lists share: their query, and pages that never outgrow an answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from foreman_contract import limits
from foreman_contract.base import WireModel
from foreman_contract.pages import Pagination
from foreman_engine.domain.payload import compact, escaped_bytes
from foreman_engine.service.cursors import Total

State = TypeVar("State")
Row = TypeVar("Row", bound=WireModel)

_CHUNK: Final = 10
"""Rows whose payloads are in memory at once, some MB each."""


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


def fit(
    states: Sequence[State], load: Callable[[Sequence[State]], Sequence[State]], view: Callable[[State], Row]
) -> list[Row]:
    """The rows that fit an answer of 4 MB, at least one of them; payloads are loaded bit by bit."""
    kept: list[Row] = []
    room = limits.MAX_ANSWER_BYTES
    for start in range(0, len(states), _CHUNK):
        for state in load(states[start : start + _CHUNK]):
            row = view(state)
            room -= escaped_bytes(compact(row.to_wire()))
            if room < 0 and kept:
                return kept
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
