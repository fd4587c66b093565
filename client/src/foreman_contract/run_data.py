"""Bodies of `/api/v1/runs/{runId}/data` and `/api/v1/data`."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, FailFast, Field, model_validator
from pydantic_core import PydanticCustomError

from foreman_contract import limits
from foreman_contract.base import JsonObject, PatchModel, RequestModel, WireModel
from foreman_contract.fields import Id, Key
from foreman_contract.pages import Pagination


class Entry(WireModel):
    """One tagged key-value entry of a run."""

    id: str
    run_id: str
    task_id: str
    org_id: str
    key: str
    value: Any = None
    value_omitted: bool | None = None
    """True when the value is over 64 KB and the query was not for one `key`, which answers whole values."""
    tags: list[str]
    metadata: JsonObject | None = None
    created_at: int
    updated_at: int


def _tags(tags: list[str]) -> list[str]:
    distinct = list(dict.fromkeys(tags))
    if len(distinct) > limits.MAX_TAGS:
        raise PydanticCustomError("too_many_tags", f"must hold at most {limits.MAX_TAGS} distinct tags")
    return distinct


_Tags = Annotated[list[Key], FailFast()]
"""Their number is known only after repeats are dropped, so the first bad one ends the look at a list that may be long."""


class CreateEntry(RequestModel):
    """POST /api/v1/runs/{runId}/data: always adds an entry, also under a key that is there already.

    At most 50 distinct tags; a repeat is dropped, the first place kept.
    """

    payload_fields: ClassVar[frozenset[str]] = frozenset({"value"})

    task_id: Id
    key: Key
    value: Any
    tags: Annotated[_Tags, AfterValidator(_tags)] = Field(default_factory=list)
    metadata: JsonObject | None = None


class ChangeTags(PatchModel):
    """PATCH /api/v1/runs/{runId}/data/{dataId}/tags: removes first, then adds what is missing, keeping order.

    `add` and `remove` hold at most 90 tags together; at least one is given, and an empty list changes nothing.
    """

    add: _Tags = Field(default_factory=list)
    remove: _Tags = Field(default_factory=list)

    @model_validator(mode="after")
    def _refuse_too_many(self) -> Self:
        if len(self.add) + len(self.remove) > limits.MAX_TAG_CHANGES:
            text = f"add and remove must hold at most {limits.MAX_TAG_CHANGES} tags together"
            raise PydanticCustomError("too_many_changes", text)
        return self


class Deleted(WireModel):
    """DELETE /api/v1/runs/{runId}/data: `more` is there, and true, while matching entries are left."""

    deleted: int
    more: bool | None = None


class EntryPage(WireModel):
    """A page of `GET /api/v1/runs/{runId}/data` or `GET /api/v1/data`."""

    data: list[Entry]
    pagination: Pagination


TagMode = Literal["any", "all"]
EntrySort = Literal["created_at", "updated_at", "key"]
