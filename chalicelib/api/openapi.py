"""GET /openapi.json: every route of the app, read from the app itself, with what its endpoint declares."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from chalice.app import Blueprint, RouteEntry

from chalicelib.api.http import ROUTES, UNLISTED, endpoint
from chalicelib.api.openapi_operations import error_responses, headers, operation
from chalicelib.api.openapi_schemas import Schemas
from chalicelib.config import VERSION
from foreman_engine.api.answers import Answer
from foreman_engine.api.routes import Call

blueprint = Blueprint(__name__)

Routes = Mapping[str, Mapping[str, RouteEntry]]
_DESCRIPTION: Final = """Durable task and workflow orchestration in your own AWS account.

Timestamps are epoch milliseconds. Types are strict: `"3"` is not 3. Optional fields are left out, never null; only a payload
(`inputData`, `outputData`, `errorData`, `progress`, `value`) may be null, which is a value. Fields and query parameters that
are not named here are ignored, except those of the contract that this server does not serve yet: they are refused with
`not_available`. A payload has up to 1 MB, a body up to 4 MB, `metadata` up to 16 KB. In lists a payload over 64 KB is left out
and marked, and a page ends early rather than grow past 4 MB: `nextCursor` alone says whether there is more.

A key may have a rate limit: so many requests in a fixed window that begins with its first one. Every request with a valid key
counts, also one that is refused; not so on operations that show no 429. Every answer to a counted request has the
`RateLimit-*` headers.

HEAD works where GET does, OPTIONS everywhere, and pages of any origin may call the API."""


@endpoint(blueprint, "GET", "/openapi.json", public=True)
def openapi(_: Call) -> Answer:
    """Describe the API."""
    return Answer(_of_the_app())


@cache
def _of_the_app() -> dict[str, Any]:
    """Built at the first request, so that starting costs nothing."""
    return document(blueprint.current_app.routes)


def document(routes: Routes) -> dict[str, Any]:
    """The OpenAPI 3.1 document of some routes; what follows from them, and refusals, are not listed."""
    shown = {
        path: [entry.view_name for _, entry in sorted(methods.items()) if not _unlisted(entry)]
        for path, methods in sorted(routes.items())
    }
    schemas = Schemas([ROUTES[name] for names in shown.values() for name in names])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Foreman", "version": VERSION, "description": _DESCRIPTION},
        "security": [{"apiKey": []}],
        "paths": {
            path: {ROUTES[name].method.lower(): operation(name, ROUTES[name], schemas) for name in names}
            for path, names in shown.items()
            if names
        },
        "components": {
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "`fmn_<env>_<orgId>_<random>`"}
            },
            "headers": headers(),
            "responses": error_responses(schemas),
            "schemas": schemas.definitions,
        },
    }


def _unlisted(entry: RouteEntry) -> bool:
    return entry.view_name.startswith(UNLISTED)
