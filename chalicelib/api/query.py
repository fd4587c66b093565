"""Reading query parameters: strictly, and naming the one at fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from foreman_contract import limits
from foreman_contract.fields import is_uuid
from foreman_engine.domain.errors import Fault, InvalidError, NotAvailableError
from foreman_engine.service.pages import ListQuery

_EVERY_SORT: Final = ("created_at", "started_at", "completed_at")


@dataclass(frozen=True, slots=True)
class Query:
    """The query parameters of a request, each with all its values."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str | None:
        """A scalar parameter, or None.

        Raises:
            InvalidError: it is given more than once.
        """
        given = self.values.get(name, ())
        if len(given) > 1:
            raise invalid(name, "must be given once")
        return given[0] if given else None

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`.

        Raises:
            InvalidError: it is none, or out of range.
        """
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 9) or not low <= int(text) <= high:
            raise invalid(name, f"must be a whole number from {low} to {high}")
        return int(text)

    def choice(self, name: str, options: Sequence[str]) -> str:
        """One of `options`, the first by default.

        Raises:
            InvalidError: it is something else.
        """
        text = self.text(name)
        if text is None:
            return options[0]
        if text not in options:
            raise invalid(name, f"must be one of {', '.join(options)}")
        return text

    def uuid(self, name: str) -> str | None:
        """An id, or None.

        Raises:
            InvalidError: it is malformed.
        """
        text = self.text(name)
        if text is None:
            return None
        if not is_uuid(text):
            raise invalid(name, "must be a UUID")
        return str(UUID(text))

    def refuse(self, *names: str) -> None:
        """Refuse parameters that the contract names and this server does not serve yet.

        Raises:
            NotAvailableError: one of them is given.
        """
        given = [name for name in names if name in self.values]
        if given:
            text = "is part of the contract but not available on this server yet"
            raise NotAvailableError(f"{given[0]} {text}.", [Fault(name, text) for name in given])

    def texts(self, name: str) -> tuple[str, ...]:
        """A list parameter, each value once: given once it is a comma list, given more than once each value is whole.

        Raises:
            InvalidError: it is given and empty.
        """
        given = self.values.get(name, ())
        values = given[0].split(",") if len(given) == 1 else given
        if given and not any(values):
            raise invalid(name, "must not be empty")
        return tuple(dict.fromkeys(values))

    def page(
        self,
        default_limit: int,
        max_limit: int,
        sorts: Sequence[str] = ("created_at",),
        *,
        offsets: bool = False,
    ) -> ListQuery:
        """The page asked for: `limit`, `offset`, `cursor`, `total` and `sortOrder` (descending by default).

        `sorts` are the values of `sortBy` that the list serves, and `offsets` tells whether it takes an offset.
        """
        offset = self.integer("offset", 0, 0, limits.MAX_OFFSET)
        if offset and not offsets:
            self.refuse("offset")
        sort_by = self.text("sortBy")
        if sort_by is not None and sort_by not in sorts:
            self.choice("sortBy", sorts if offsets else _EVERY_SORT)
            self.refuse("sortBy")
        cursor = self.text("cursor")
        if cursor is not None and "offset" in self.values:
            raise invalid("cursor", "cannot be combined with offset")
        return ListQuery(
            limit=self.integer("limit", default_limit, 1, max_limit),
            cursor=cursor,
            ascending=self.choice("sortOrder", ("desc", "asc")) == "asc",
            total=self.choice("total", ("true", "false")) == "true",
            offset=offset,
        )


def invalid(name: str, message: str) -> InvalidError:
    """The refusal of a parameter."""
    return InvalidError(f"{name} {message}.", [Fault(name, message)])
