"""How models meet the wire: camelCase, strict types, unknown fields ignored, absent fields absent."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, field_validator, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

JsonObject = dict[str, Any]


class WireModel(BaseModel):
    """A JSON object of the contract: snake_case in Python, camelCase on the wire."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, strict=True, frozen=True, extra="ignore"
    )

    def to_wire(self) -> JsonObject:
        """The JSON object to send: only the fields that were set, so a payload's null survives and `?` fields vanish."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class RequestModel(WireModel):
    """A request body. An optional field may be left out but not be null, except payloads, where null is a value."""

    payload_fields: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.payload_fields:
            raise PydanticCustomError("null_not_allowed", "must not be null; leave the field out instead")
        return value


class PatchModel(RequestModel):
    """A patch: it must set at least one of its fields, not counting those that only guard it."""

    guard_fields: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _refuse_empty(self) -> Self:
        if not self.model_fields_set - self.guard_fields:
            raise PydanticCustomError("empty_patch", "an empty patch changes nothing; set at least one field")
        return self


def _refuse(_: Any) -> Any:
    raise PydanticCustomError("not_available", "is part of the contract but not available on this server yet")


def only(*served: Any) -> AfterValidator:
    """A validator for a field of which only some values are served so far; the others are `not_available`."""

    def check(value: Any) -> Any:
        return value if value in served else _refuse(value)

    return AfterValidator(check)


NotAvailable = Annotated[Any, BeforeValidator(_refuse)]
"""A field that the contract names and this server does not serve yet: refused by name, never silently ignored."""
