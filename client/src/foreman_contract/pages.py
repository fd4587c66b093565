"""What every list shares."""

from typing import Literal

from foreman_contract.base import WireModel


class Pagination(WireModel):
    """How far a page reaches: `next_cursor` is absent on the last page."""

    total: int | None = None
    total_is_lower_bound: bool | None = None
    limit: int
    offset: int
    next_cursor: str | None = None


SortOrder = Literal["asc", "desc"]
RunSort = Literal["created_at", "started_at", "completed_at"]
TaskSort = RunSort
