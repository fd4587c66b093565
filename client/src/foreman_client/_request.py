"""Build: a request as one value, ready to be sent any number of times."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import uuid4

from foreman_client._arguments import JsonObject, Params, expect
from foreman_client._json import encode_bytes
from foreman_contract import limits
from foreman_contract.base import WireModel

T = TypeVar("T")
M = TypeVar("M", bound=WireModel)


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One HTTP request, and `parse`: how its JSON answer becomes a T (raises ValueError when it does not)."""

    method: str
    path: str
    parse: Callable[[Any], T]
    params: Params = ()
    body: bytes | None = None
    idempotency_key: str | None = None


def reading(path: str, model: type[M], params: Params = ()) -> Request[M]:
    """A GET."""
    return Request("GET", path, model.model_validate, params=params)


def changing(method: str, path: str, body: JsonObject, model: type[M]) -> Request[M]:
    """A POST or PATCH that the contract makes safe to repeat by itself.

    Raises:
        TypeError, ValueError: the body holds something that is not JSON.
    """
    return Request(method, path, model.model_validate, body=encode_bytes(body))


def commanding(path: str, model: type[M]) -> Request[M]:
    """A POST whose path says it all."""
    return Request("POST", path, model.model_validate)


def removing(path: str, model: type[M], params: Params = ()) -> Request[M]:
    """A DELETE."""
    return Request("DELETE", path, model.model_validate, params=params)


def creating(path: str, body: JsonObject | None, model: type[M], key: str | None) -> Request[M]:
    """A POST that creates, safe to repeat by its idempotency key: the caller's, or a fresh one. Without a body the path says it all.

    Raises:
        TypeError, ValueError: the body is not JSON, or the key not 1-255 printable ASCII characters.
    """
    content = None if body is None else encode_bytes(body)
    return Request("POST", path, model.model_validate, body=content, idempotency_key=idempotency_key(key))


def idempotency_key(given: str | None) -> str:
    """The caller's key once checked, or a fresh one.

    Raises:
        TypeError: it is no str.
        ValueError: it is not 1-255 printable ASCII characters.
    """
    if given is None:
        return str(uuid4())
    expect(str, idempotency_key=given)
    if not (0 < len(given) <= limits.MAX_IDEMPOTENCY_KEY_CHARS and given.isascii() and given.isprintable()):
        raise ValueError("idempotency_key must be 1-255 printable ASCII characters")
    return given
