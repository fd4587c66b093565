"""Query parameters, each declared once: the parser reads by the declaration, and the OpenAPI document shows it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final

from foreman_contract import limits


@dataclass(frozen=True, slots=True)
class Parameter(ABC):
    """A query parameter."""

    name: str
    description: str

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """What it may be, as JSON Schema."""


@dataclass(frozen=True, slots=True)
class Text(Parameter):
    """Text; where it is bounded, the reader checks the bounds."""

    max_chars: int | None = None
    pattern: str | None = None
    default: str | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be, as JSON Schema."""
        bounds: dict[str, Any] = (
            {} if self.max_chars is None else {"minLength": 1, "maxLength": self.max_chars}
        )
        if self.pattern is not None:
            bounds["pattern"] = f"^{self.pattern}$"
        if self.default is not None:
            bounds["default"] = self.default
        return {"type": "string", **bounds}


@dataclass(frozen=True, slots=True)
class Texts(Parameter):
    """A list of keys or tags, or of their beginnings: a comma list when given once, else each value whole.

    `max_values` bounds the distinct ones: a value with a comma is given twice.
    """

    max_values: int = limits.MAX_QUERY_VALUES

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be, as JSON Schema."""
        item = {"type": "string", "minLength": 1, "maxLength": limits.MAX_KEY_CHARS}
        return {"type": "array", "items": item, "minItems": 1}


@dataclass(frozen=True, slots=True)
class Id(Parameter):
    """A UUID."""

    required: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be, as JSON Schema."""
        return {"type": "string", "format": "uuid"}


@dataclass(frozen=True, slots=True)
class Integer(Parameter):
    """A whole number from `low` to `high`."""

    default: int
    low: int
    high: int

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be, as JSON Schema."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high, "default": self.default}


@dataclass(frozen=True, slots=True)
class Choice(Parameter):
    """One of some words, by default the first, or with `optional` none of them."""

    options: tuple[str, ...]
    optional: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be, as JSON Schema."""
        default = {} if self.optional else {"default": self.options[0]}
        return {"type": "string", "enum": list(self.options), **default}


@dataclass(frozen=True, slots=True)
class Flag(Parameter):
    """`true` or `false`."""

    default: bool

    @property
    def schema(self) -> dict[str, Any]:
        """What it may be, as JSON Schema."""
        return {"type": "boolean", "default": self.default}


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is paged; what is None it does not take."""

    limit: Integer
    cursor: Text
    offset: Integer | None = None
    total: Flag | None = None
    sort_by: Choice | None = None
    sort_order: Choice | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of them."""
        optional = (self.offset, self.total, self.sort_by, self.sort_order)
        return (self.limit, self.cursor, *(parameter for parameter in optional if parameter is not None))


CURSOR: Final = Text(
    "cursor",
    "`nextCursor` of the page before, with the same query; not together with `offset`. A page may be short, even empty, and have one.",
)
TOTAL: Final = Flag(
    "total",
    "Whether the first page counts the rows; the pages that follow repeat it. Exact up to 10,000, else, and where a filter reads "
    "on, with `totalIsLowerBound`.",
    True,
)
SORT_ORDER: Final = Choice(
    "sortOrder", "Downwards or upwards; ties in time are broken by id.", ("desc", "asc")
)

LIST: Final = Paging(
    limit=Integer("limit", "Rows of a page.", limits.DEFAULT_LIST_LIMIT, 1, limits.MAX_LIST_LIMIT),
    cursor=CURSOR,
    offset=Integer(
        "offset", "Rows to pass over; not together with `cursor`, which costs less.", 0, 0, limits.MAX_OFFSET
    ),
    total=TOTAL,
    sort_by=Choice(
        "sortBy",
        "The time to sort by; rows without it are left out. Tasks are sorted by start and completion only with `runId`, in a run "
        f"of at most {limits.MAX_SORTED_MATCHES:,} tasks.",
        ("created_at", "started_at", "completed_at"),
    ),
    sort_order=SORT_ORDER,
)
"""Of runs and tasks."""

SCHEDULES: Final = Paging(
    limit=LIST.limit,
    cursor=CURSOR,
    offset=LIST.offset,
    total=TOTAL,
    sort_by=Choice("sortBy", "Schedules are sorted by their creation.", ("created_at",)),
    sort_order=SORT_ORDER,
)
"""Of schedules."""
