"""GET /openapi.json: every route of the app, read from the app itself."""

from collections.abc import Mapping
from typing import Any, Final

from chalice.app import Blueprint, RouteEntry

from chalicelib.api.answers import Answer
from chalicelib.api.http import REFUSAL, Call, endpoint
from chalicelib.config import VERSION

blueprint = Blueprint(__name__)

Routes = Mapping[str, Mapping[str, RouteEntry]]
_ERROR: Final = {"$ref": "#/components/responses/Error"}


@endpoint(blueprint, "GET", "/openapi.json", public=True)
def openapi(_: Call) -> Answer:
    """Describe the API."""
    return Answer(document(blueprint.current_app.routes))


def document(routes: Routes) -> dict[str, Any]:
    """The OpenAPI 3.1 document of some routes; catch-alls and refusals of wrong methods are not part of the API."""
    paths = {path: _path_item(path, methods) for path, methods in sorted(routes.items())}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Foreman",
            "version": VERSION,
            "description": "Durable task and workflow orchestration in your own AWS account.",
        },
        "security": [{"apiKey": []}],
        "paths": {path: item for path, item in paths.items() if item},
        "components": _COMPONENTS,
    }


def _path_item(path: str, methods: Mapping[str, RouteEntry]) -> dict[str, Any]:
    operations: dict[str, Any] = {
        method.lower(): _operation(path, entry)
        for method, entry in sorted(methods.items())
        if not entry.view_name.startswith(REFUSAL)
    }
    if operations and (names := next(iter(methods.values())).view_args):
        operations["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
            for name in names
        ]
    return operations


def _operation(path: str, entry: RouteEntry) -> dict[str, Any]:
    name = entry.view_name.rsplit(".", 1)[-1]
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": (entry.view_function.__doc__ or name).strip().splitlines()[0],
        "responses": {"2XX": {"description": "Done.", "content": _JSON}, "default": _ERROR},
    }
    if not path.startswith("/api/"):
        operation["security"] = []
    return operation


_JSON: Final = {"application/json": {"schema": {"type": "object"}}}
_COMPONENTS: Final = {
    "securitySchemes": {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "`fmn_<env>_<orgId>_<random>`"}
    },
    "responses": {
        "Error": {
            "description": "What went wrong.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    },
    "schemas": {
        "Error": {
            "type": "object",
            "required": ["error", "code", "requestId"],
            "properties": {
                "error": {"type": "string", "description": "For people."},
                "code": {"type": "string", "description": "For programs: stable."},
                "requestId": {"type": "string"},
                "details": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["path", "message"],
                        "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                    },
                },
            },
        }
    },
}
