"""Serving one route: from a request as it came, whatever carried it, to the answer of its view."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import unquote
from uuid import UUID

from pydantic import BaseModel, ValidationError

from foreman_contract.fields import is_uuid
from foreman_engine.api.answers import Answer, UnsupportedMediaTypeError
from foreman_engine.api.json_body import JsonBody, read_object
from foreman_engine.api.query import Query, invalid
from foreman_engine.api.routes import Call, Route
from foreman_engine.domain.errors import (
    Fault,
    InvalidError,
    InvalidJsonError,
    NotAvailableError,
    NotFoundError,
)
from foreman_engine.service.idempotency import IdempotencyKey, idempotency_key

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]{1,255}")
_JSON_TYPE: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json", re.IGNORECASE)

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a request brings besides its query: nothing of it has been checked. Header names have no say here.

    `raw` answers the body, and raises ValueError when it cannot be one.
    """

    path_parameters: Mapping[str, str]
    raw: Callable[[], bytes]
    content_type: str | None = None
    content_encoding: str = "identity"
    idempotency_keys: Sequence[str] = ()


def serve(route: Route, call: Call, arrived: Arrived) -> Answer:
    """What the route's view answers.

    Raises:
        EngineError: the request is refused, here or by the use case; `error_answer` turns it into an answer.
    """
    ids = {name: path_id(text) for name, text in arrived.path_parameters.items()}
    arguments: dict[str, Any] = dict(ids)
    canonical = ""
    if route.body is not None:
        sent = _json_body(arrived)
        arguments["body"] = parse(route.body, sent.fields)
        canonical = sent.canonical
    if route.creates:
        call = replace(call, idempotency=_idempotency(route, ids, arrived.idempotency_keys, canonical))
    return route.view(call, **arguments)


def query_of(values: Mapping[str, Sequence[str]]) -> Query:
    """The query parameters, each with all its values.

    Raises:
        InvalidError: a value is no Unicode text.
    """
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


def _json_body(arrived: Arrived) -> JsonBody:
    """The JSON object in the body.

    Raises:
        UnsupportedMediaTypeError: the Content-Type is given and is not JSON in UTF-8, or the body is compressed.
        InvalidJsonError, TooLargeError: see `read_object`.
    """
    # Never inflated: a few kilobytes may hold gigabytes.
    if arrived.content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedMediaTypeError("The body must not be compressed; send no Content-Encoding.")
    if arrived.content_type is not None and not _is_json(arrived.content_type):
        raise UnsupportedMediaTypeError(
            "The body must be JSON in UTF-8; send Content-Type: application/json."
        )
    try:
        raw = arrived.raw()
    except ValueError as error:  # lone surrogates, or bytes that are not the base64 that they should be
        raise InvalidJsonError("The body is not valid UTF-8.") from error
    return read_object(raw)


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


def _idempotency(
    route: Route, ids: Mapping[str, str], given: Sequence[str], canonical: str
) -> IdempotencyKey | None:
    """The caller's idempotency key for this request, if there is one; `canonical` is the text of the body that it takes.

    Raises:
        InvalidError: it is given more than once, or is not 1-255 printable ASCII characters.
    """
    if not given:
        return None
    if len(given) > 1:
        raise invalid(IDEMPOTENCY_KEY, "must be given once")
    if not _PRINTABLE.fullmatch(given[0]):
        raise invalid(IDEMPOTENCY_KEY, "must be 1-255 printable ASCII characters")
    # The ids in the path are what tells one run's data from another's.
    return idempotency_key(route.method, route.path.format_map(ids), given[0], canonical.encode())
