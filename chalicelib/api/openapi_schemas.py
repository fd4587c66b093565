"""The models of the wire as JSON Schema."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import NullableSchema, WithDefaultSchema

from foreman_contract.base import RequestModel, WireModel
from foreman_contract.service import ErrorBody
from foreman_engine.api.routes import Route

Mode = Literal["validation", "serialization"]
_REF: Final = "#/components/schemas/{model}"


class _Absent(GenerateJsonSchema):
    """What is unset is absent on the wire, never null; and names need no titles."""

    def nullable_schema(self, schema: NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        shown = super().default_schema(schema)
        return {name: value for name, value in shown.items() if (name, value) != ("default", None)}

    def field_title_should_be_set(self, _: Any) -> bool:
        return False


class Schemas:
    """The schemas of every body and answer of some routes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        modes: dict[tuple[type[WireModel], Mode], None] = {(ErrorBody, "serialization"): None}
        for route in routes:
            if route.body is not None:
                modes[route.body, "validation"] = None
            modes |= {(model, "serialization"): None for model in route.answers.values()}
        self._refs, found = models_json_schema(list(modes), ref_template=_REF, schema_generator=_Absent)
        self.definitions: dict[str, Any] = found["$defs"]

    def body(self, model: type[RequestModel]) -> dict[str, Any]:
        """The content of a request."""
        return _json(self._refs[model, "validation"])

    def answer(self, model: type[WireModel]) -> dict[str, Any]:
        """The content of an answer."""
        return _json(self._refs[model, "serialization"])


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
