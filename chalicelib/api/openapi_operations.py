"""One route as an OpenAPI operation."""

import re
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any, Final

from chalicelib.api.openapi_schemas import Schemas
from chalicelib.api.rate_limit import HEADERS
from foreman_contract import limits
from foreman_contract.enums import ErrorCode
from foreman_contract.service import ErrorBody
from foreman_engine.api.answers import MAX_DETAILS, STATUSES
from foreman_engine.api.parameters import Id, Parameter
from foreman_engine.api.routes import Route

_ERRORS: Final[Mapping[int, str]] = {
    400: f"The request is malformed; `details` name what is wrong, the first {MAX_DETAILS} of it.",
    401: "The API key is missing, malformed, unknown or revoked.",
    404: "There is nothing with this id in your organization; so also for an id that is no UUID.",
    405: "The path takes other methods; see `Allow`.",
    409: "The state of things does not allow it.",
    413: f"A payload is over {limits.MAX_PAYLOAD_BYTES:,} bytes, the body over {limits.MAX_BODY_BYTES:,}, or `metadata` over "
    f"{limits.MAX_METADATA_BYTES:,}; the text says which.",
    415: "The body is not declared as JSON in UTF-8, or is compressed.",
    429: "The API key's rate limit is spent; see `Retry-After`.",
    500: "A bug, or a deployment that is not set up as it must be; never for bad input.",
    503: "AWS throttled or is away; see `Retry-After`.",
}
_REPEATED: Final = (
    "The idempotency key came before with another body, or its first request is still under way."
)
_DONE: Final = {
    200: "Done.",
    201: "Created.",
    503: "As 200, when something that is needed cannot be reached.",
}
_REPLAYED: Final = "Created before by a request with this idempotency key: the same objects, as they are now."
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": f"The same key with the same path creates once, for {limits.IDEMPOTENCY_S // 3600} hours. "
    "Bodies are the same when their JSON values are.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": limits.MAX_IDEMPOTENCY_KEY_CHARS,
        "pattern": "^[ -~]+$",
    },
}


def operation(name: str, route: Route, schemas: Schemas) -> dict[str, Any]:
    """What a route takes and answers."""
    summary, _, description = cleandoc(route.view.__doc__ or name).partition("\n")
    shown: dict[str, Any] = {"operationId": name.rsplit(".", 1)[-1], "summary": summary}
    if description:
        shown["description"] = description.strip()
    if parameters := _parameters(route):
        shown["parameters"] = parameters
    if route.body is not None:
        shown["requestBody"] = {"required": True, "content": schemas.body(route.body)}
    shown["responses"] = _responses(route, schemas)
    if route.counted:
        _add_limit_headers(shown["responses"])
    if route.public:
        shown["security"] = []
    return shown


def error_responses(schemas: Schemas) -> dict[str, Any]:
    """The error answers that most operations share."""
    shown = {f"Error{status}": _error(status, text, schemas) for status, text in _ERRORS.items()}
    shown["Error429"]["headers"] = {**_RETRY_HEADER, **_LIMIT_HEADERS}
    shown["Error503"]["headers"] = _RETRY_HEADER
    return shown


def headers() -> dict[str, Any]:
    """The headers that answers share."""
    whole = {"type": "integer", "minimum": 0}
    shown = {name: {"description": text, "schema": whole} for name, text in HEADERS.items()}
    shown["RateLimit-Policy"]["schema"] = {"type": "string"}
    retry = {"description": "Whole seconds to wait before the next try.", "schema": {**whole, "minimum": 1}}
    return {**shown, "Retry-After": retry}


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


_LIMIT_HEADERS: Final = {name: _header(name) for name in HEADERS}
_RETRY_HEADER: Final = {"Retry-After": _header("Retry-After")}


def _parameters(route: Route) -> list[dict[str, Any]]:
    ids = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    headers = [_IDEMPOTENCY_KEY] if route.creates else []
    return [*ids, *map(_in_query, route.parameters), *headers]


def _in_query(parameter: Parameter) -> dict[str, Any]:
    required = {"required": True} if isinstance(parameter, Id) and parameter.required else {}
    return {
        "name": parameter.name,
        "in": "query",
        **required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for status, model in route.answers.items():
        text = _REPLAYED if route.creates and status == 200 else _DONE[status]
        shown[str(status)] = {"description": text, "content": schemas.answer(model)}
        if status == 503:
            shown["503"]["headers"] = _RETRY_HEADER
    if not route.answers:
        shown["200"] = {
            "description": _DONE[200],
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    for status in sorted(_refused(route)):
        if text := _own_text(route, status):
            shown[str(status)] = _error(status, text, schemas)
        else:
            shown.setdefault(str(status), {"$ref": f"#/components/responses/Error{status}"})
    return shown


def _add_limit_headers(responses: dict[str, Any]) -> None:
    """Show them where a caller looks who is not refused; the refusals that routes share are also those of uncounted ones."""
    for status in ("200", "201"):
        if status in responses:
            responses[status]["headers"] = _LIMIT_HEADERS


def _refused(route: Route) -> set[int]:
    """The statuses with which a route refuses."""
    found = {500, 503, *route.refuses}
    found |= set() if route.public else {401}
    found |= {429} if route.counted else set()
    found |= {404} if "{" in route.path else set()
    found |= {400} if route.parameters or route.body is not None else set()
    found |= {413, 415} if route.body is not None else set()
    return found | ({409} if route.creates else set())


def _own_text(route: Route, status: int) -> str:
    """What a route says of a status beyond what all say."""
    told = [route.refuses[status]] if status in route.refuses else []
    if status == 400 and told:
        told.insert(0, _ERRORS[400])
    if status == 409 and route.creates:
        told.append(_REPEATED)
    return " ".join(told)


def _error(status: int, text: str, schemas: Schemas) -> dict[str, Any]:
    codes = [code for _, of_status, code in STATUSES if of_status == status]
    codes += [ErrorCode.INTERNAL] if status == 500 else []
    named = ", ".join(f"`{code.value}`" for code in codes)
    return {"description": f"{text} `code`: {named}.", "content": schemas.answer(ErrorBody)}
