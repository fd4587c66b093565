"""Field types that several bodies share, with the bounds of the contract."""

import re
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from foreman_contract import limits

UUID_PATTERN: Final = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
QUEUE_NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9_:-]{1,40}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in its canonical 36-character form."""
    return UUID_PATTERN.fullmatch(text) is not None


def _uuid(text: str) -> str:
    if not is_uuid(text):
        raise PydanticCustomError("uuid", "must be a UUID")
    return str(UUID(text))


def _queue_name(text: str) -> str:
    if not QUEUE_NAME_PATTERN.fullmatch(text):
        raise PydanticCustomError("queue_name", "must be 1-40 characters: letters, digits, '-', '_', ':'")
    return text


def key_fault(text: str, max_chars: int = limits.MAX_KEY_CHARS) -> str | None:
    """What is wrong with a run-data key or tag (or a beginning or pattern of some), or None."""
    if not 1 <= len(text) <= max_chars:
        return f"must have 1-{max_chars} characters"
    if _CONTROL.search(text):
        return "must not contain control characters or lone surrogates"
    if max_chars == limits.MAX_KEY_CHARS and len(text.encode()) > limits.MAX_KEY_BYTES:
        return f"must be at most {limits.MAX_KEY_BYTES} bytes of UTF-8"
    return None


def _key_or_tag(text: str) -> str:
    if fault := key_fault(text):
        raise PydanticCustomError("key", "{fault}", {"fault": fault})
    return text


Id = Annotated[str, AfterValidator(_uuid), Field(json_schema_extra={"format": "uuid"})]
"""A well-formed id, lower case. One that is not ours is unknown, not malformed."""
QueueName = Annotated[
    str, AfterValidator(_queue_name), Field(json_schema_extra={"pattern": f"^{QUEUE_NAME_PATTERN.pattern}$"})
]
"""The logical name of a queue."""
Key = Annotated[
    str,
    AfterValidator(_key_or_tag),
    Field(
        json_schema_extra={
            "minLength": 1,
            "maxLength": limits.MAX_KEY_CHARS,
            "description": f"At most {limits.MAX_KEY_BYTES} bytes of UTF-8, without control characters and lone surrogates.",
        }
    ),
]
"""A run-data key or tag."""
Attempt = Annotated[int, Field(ge=0)]
"""The fencing token of a task: how many attempts a worker has started."""
LeaseSeconds = Annotated[int, Field(ge=limits.MIN_LEASE_S, le=limits.MAX_LEASE_S)]
WorkerId = Annotated[str, Field(min_length=1, max_length=limits.MAX_WORKER_ID_CHARS)]
