"""Bodies of `/api/v1/runs/{runId}/data`."""

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from foreman_contract import limits
from foreman_contract.base import JsonObject, RequestModel, WireModel
from foreman_contract.fields import Id, Key
from foreman_contract.runs import Pagination


class Entry(WireModel):
    """One tagged key-value entry of a run."""

    id: str
    run_id: str
    task_id: str
    org_id: str
    key: str
    value: Any = None
    value_omitted: bool | None = None
    """True in a list when the value is over 64 KB."""
    tags: list[str]
    metadata: JsonObject | None = None
    created_at: int
    updated_at: int


def _tags(tags: list[str]) -> list[str]:
    distinct = list(dict.fromkeys(tags))
    if len(distinct) > limits.MAX_TAGS:
        raise PydanticCustomError("too_many_tags", f"must hold at most {limits.MAX_TAGS} distinct tags")
    return distinct


class CreateEntry(RequestModel):
    """POST /api/v1/runs/{runId}/data: always adds an entry, also under a key that is there already."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"value"})

    task_id: Id
    key: Key
    value: Any
    tags: Annotated[list[Key], AfterValidator(_tags)] = Field(default_factory=list)
    metadata: JsonObject | None = None


class EntryPage(WireModel):
    """GET /api/v1/runs/{runId}/data."""

    data: list[Entry]
    pagination: Pagination
