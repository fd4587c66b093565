"""How models meet the wire: camelCase, strict types, unknown fields ignored, absent fields absent."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema, ValidationInfo, no_info_after_validator_function

JsonObject = dict[str, Any]


class WireModel(BaseModel):
    """A JSON object of the contract: snake_case in Python, camelCase on the wire."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        strict=True,
        frozen=True,
        extra="ignore",
        defer_build=True,  # a cold start pays for the models that it uses, not for all of them
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

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    guard_fields: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _refuse_empty(self) -> Self:
        if not self.model_fields_set - self.guard_fields:
            raise PydanticCustomError("empty_patch", "an empty patch changes nothing; set at least one field")
        return self


def _refuse(_: Any) -> Any:
    raise PydanticCustomError("not_available", "is part of the contract but not available on this server yet")


@dataclass(frozen=True)
class _Only:
    served: tuple[Any, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        handler(schema)
        return {"enum": list(self.served)}

    def _check(self, value: Any) -> Any:
        return value if value in self.served else _refuse(value)


def only(*served: Any) -> Any:
    """A validator for a field of which only some values are served so far; the others are `not_available`."""
    return _Only(served)


NotAvailable = Annotated[Any, BeforeValidator(_refuse), SkipJsonSchema()]
"""A field that the contract names and this server does not serve yet: refused by name, never silently ignored."""
