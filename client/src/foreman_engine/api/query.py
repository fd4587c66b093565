"""Reading query parameters: strictly, and naming the one at fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from foreman_contract.fields import is_uuid
from foreman_engine.api.parameters import Choice, Flag, Id, Integer, Paging, Parameter, Texts
from foreman_engine.domain.errors import Fault, InvalidError
from foreman_engine.service.pages import ListQuery


@dataclass(frozen=True, slots=True)
class Query:
    """The query parameters of a request, each with all its values."""

    values: Mapping[str, Sequence[str]]

    def text(self, parameter: Parameter) -> str | None:
        """A scalar parameter, or None.

        Raises:
            InvalidError: it is given more than once.
        """
        given = self.values.get(parameter.name, ())
        if len(given) > 1:
            raise invalid(parameter.name, "must be given once")
        return given[0] if given else None

    def integer(self, parameter: Integer) -> int:
        """A whole number within its bounds.

        Raises:
            InvalidError: it is none, or out of range.
        """
        name, low, high = parameter.name, parameter.low, parameter.high
        text = self.text(parameter)
        if text is None:
            return parameter.default
        if not (text.isascii() and text.isdigit() and len(text) <= 9) or not low <= int(text) <= high:
            raise invalid(name, f"must be a whole number from {low} to {high}")
        return int(text)

    def choice(self, parameter: Choice) -> str:
        """One of its options, the first by default.

        Raises:
            InvalidError: it is something else.
        """
        return self.some(parameter) or parameter.options[0]

    def some(self, parameter: Choice) -> str | None:
        """One of its options, or None.

        Raises:
            InvalidError: it is something else.
        """
        text = self.text(parameter)
        if text is not None and text not in parameter.options:
            raise invalid(parameter.name, f"must be one of {', '.join(parameter.options)}")
        return text

    def flag(self, parameter: Flag) -> bool:
        """`true` or `false`.

        Raises:
            InvalidError: it is something else.
        """
        text = self.text(parameter)
        if text is None:
            return parameter.default
        if text not in ("true", "false"):
            raise invalid(parameter.name, "must be true or false")
        return text == "true"

    def uuid(self, parameter: Id) -> str | None:
        """An id, or None.

        Raises:
            InvalidError: it is malformed.
        """
        text = self.text(parameter)
        if text is None:
            return None
        if not is_uuid(text):
            raise invalid(parameter.name, "must be a UUID")
        return str(UUID(text))

    def texts(self, parameter: Texts) -> tuple[str, ...]:
        """A list parameter, each value once: given once it is a comma list, given more than once each value is whole.

        Raises:
            InvalidError: it is given and empty.
        """
        given = self.values.get(parameter.name, ())
        values = given[0].split(",") if len(given) == 1 else given
        if given and not any(values):
            raise invalid(parameter.name, "must not be empty")
        return tuple(dict.fromkeys(values))

    def page(self, paging: Paging) -> ListQuery:
        """The page asked for, by default downwards and with a total, where the list has one."""
        offset = self.integer(paging.offset) if paging.offset else 0
        if paging.sort_by:
            self.choice(paging.sort_by)
        cursor = self.text(paging.cursor)
        if cursor is not None and paging.offset and paging.offset.name in self.values:
            raise invalid("cursor", "cannot be combined with offset")
        return ListQuery(
            limit=self.integer(paging.limit),
            cursor=cursor,
            ascending=paging.sort_order is not None and self.choice(paging.sort_order) == "asc",
            total=paging.total is not None and self.flag(paging.total),
            offset=offset,
        )


def invalid(name: str, message: str) -> InvalidError:
    """The refusal of a parameter."""
    return InvalidError(f"{name} {message}.", [Fault(name, message)])
