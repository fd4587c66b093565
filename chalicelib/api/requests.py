"""Reading a request: its id, body, model, and idempotency key."""

import re
from typing import Any, Final, TypeVar
from urllib.parse import unquote
from uuid import UUID, uuid4

from chalice.app import Request
from pydantic import BaseModel, ValidationError

from chalicelib.api.answers import UnsupportedMediaTypeError
from chalicelib.api.json_body import JsonBody, read_object
from chalicelib.api.query import Query, invalid
from foreman_contract.fields import is_uuid
from foreman_engine.domain.errors import (
    Fault,
    InvalidError,
    InvalidJsonError,
    NotAvailableError,
    NotFoundError,
)
from foreman_engine.service.idempotency import IdempotencyKey, idempotency_key

_IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
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
    """The request's query parameters, each with all its values.

    Raises:
        InvalidError: a value is no Unicode text.
    """
    given = request.query_params
    values = {name: given.getlist(name) for name in given} if given else {}
    for name, texts in values.items():
        if any(_SURROGATE.search(text) for text in texts):
            raise invalid(_SURROGATE.sub("\ufffd", name), "must be Unicode text")
    return Query(values)


def path_id(text: str) -> str:
    """An id in a path, lower case. API Gateway hands it on as it came, percent-encoded or not.

    Raises:
        NotFoundError: it is no UUID, so nothing can have it.
    """
    decoded = unquote(text)
    if not is_uuid(decoded):
        raise NotFoundError("There is nothing with this id.")
    return str(UUID(decoded))


def json_body(request: Request) -> JsonBody:
    """The JSON object in the body.

    Raises:
        UnsupportedMediaTypeError: the Content-Type is given and is not JSON in UTF-8, or the body is compressed.
        InvalidJsonError, TooLargeError: see `read_object`.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):  # never inflated: a few kilobytes may hold gigabytes
        raise UnsupportedMediaTypeError("The body must not be compressed; send no Content-Encoding.")
    content_type = request.headers.get("content-type")
    if content_type is not None and not _is_json(content_type):
        raise UnsupportedMediaTypeError(
            "The body must be JSON in UTF-8; send Content-Type: application/json."
        )
    try:
        raw = request.raw_body
    except ValueError as error:  # lone surrogates, or bytes that are not the base64 that they should be
        raise InvalidJsonError("The body is not valid UTF-8.") from error
    return read_object(raw if isinstance(raw, bytes) else raw.encode())


def _is_json(content_type: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = {
        value.strip('"')
        for name, _, value in (each.partition("=") for each in parameters)
        if name == "charset"
    }
    return _JSON_TYPE.fullmatch(kind) is not None and charsets <= {"utf-8", "utf8"}


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


def idempotency_of(request: Request, canonical: str) -> IdempotencyKey | None:
    """The caller's idempotency key for this request, if there is one; `canonical` is the text of the body that it takes.

    Raises:
        InvalidError: it is given more than once, or is not 1-255 printable ASCII characters.
    """
    given = _header_values(request, _IDEMPOTENCY_KEY)
    if not given:
        return None
    if len(given) > 1:
        raise invalid(_IDEMPOTENCY_KEY, "must be given once")
    if not _PRINTABLE.fullmatch(given[0]):
        raise invalid(_IDEMPOTENCY_KEY, "must be 1-255 printable ASCII characters")
    # Chalice's path is that of the resource; the ids in it are what tells one run's data from another's.
    ids = {name: path_id(text) for name, text in (request.uri_params or {}).items()}
    path = request.path.format_map(ids)
    return idempotency_key(request.method, path, given[0], canonical.encode())


def _header_values(request: Request, wanted: str) -> list[str]:
    """Every value of a header, however its name is spelled each time; Chalice itself knows the last one only."""
    every = request.to_original_event().get("multiValueHeaders") or {}
    return [value for name, values in every.items() if name.lower() == wanted.lower() for value in values]
