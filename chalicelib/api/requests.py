"""Reading a request: its id, body, model, and idempotency key."""

import re
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from chalice.app import Request
from pydantic import BaseModel, ValidationError

from chalicelib.api.answers import UnsupportedMediaTypeError
from chalicelib.api.json_body import read_object
from chalicelib.api.query import Query
from foreman_contract.fields import is_uuid
from foreman_engine.domain.errors import Fault, InvalidError, NotAvailableError, NotFoundError
from foreman_engine.domain.payload import compact
from foreman_engine.service.idempotency import IdempotencyKey, idempotency_key

_PRINTABLE: Final = re.compile(r"[\x20-\x7e]{1,255}")
_JSON_TYPE: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json", re.IGNORECASE)

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

Model = TypeVar("Model", bound=BaseModel)


def request_id_of(request: Request) -> str:
    """The id that API Gateway gave the request, or a fresh one."""
    return str(request.context.get("requestId") or uuid4())


def traceparent_of(request: Request) -> str | None:
    """The caller's W3C trace context, to travel with the messages; a malformed one is ignored, as the standard asks."""
    text = request.headers.get("traceparent")
    return text if text is not None and _TRACEPARENT.fullmatch(text) else None


def query_of(request: Request) -> Query:
    """The request's query parameters, each with all its values."""
    given = request.query_params
    return Query({name: given.getlist(name) for name in given} if given else {})


def path_id(text: str) -> str:
    """An id in a path, lower case.

    Raises:
        NotFoundError: it is no UUID, so nothing can have it.
    """
    if not is_uuid(text):
        raise NotFoundError("There is nothing with this id.")
    return str(UUID(text))


def json_fields(request: Request) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        UnsupportedMediaTypeError: the Content-Type is given and is not JSON.
        InvalidJsonError, TooLargeError: see `read_object`.
    """
    content_type = request.headers.get("content-type")
    if content_type is not None and not _JSON_TYPE.fullmatch(content_type.partition(";")[0].strip()):
        raise UnsupportedMediaTypeError("The body must be JSON; send Content-Type: application/json.")
    raw = request.raw_body
    return read_object(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"))


def parse(model: type[Model], fields: dict[str, Any]) -> Model:
    """The body as its model.

    Raises:
        InvalidError: a field is missing, of the wrong type or out of range; the faults name all of them.
        NotAvailableError: a field is part of the contract but not served yet.
    """
    try:
        return model.model_validate(fields, by_alias=True, by_name=False)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(_path(item["loc"]), item["msg"]) for item in found]
        first = f"{faults[0].path}: {faults[0].message}" if faults[0].path else faults[0].message
        if any(item["type"] == "not_available" for item in found):
            named = [
                fault for fault, item in zip(faults, found, strict=True) if item["type"] == "not_available"
            ]
            raise NotAvailableError(f"{named[0].path} {named[0].message}.", named) from error
        raise InvalidError(f"The request is not valid: {first}.", faults) from error


def _path(location: tuple[int | str, ...]) -> str:
    """`("tasks", 3, "runId")` as `tasks[3].runId`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def idempotency_of(request: Request, fields: dict[str, Any]) -> IdempotencyKey | None:
    """The caller's idempotency key for this request, if there is one.

    Raises:
        InvalidError: it is not 1-255 printable ASCII characters.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _PRINTABLE.fullmatch(key):
        text = "must be 1-255 printable ASCII characters"
        raise InvalidError(f"Idempotency-Key {text}.", [Fault("Idempotency-Key", text)])
    return idempotency_key(request.method, request.path, key, compact(fields).encode())
