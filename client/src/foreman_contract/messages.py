"""What travels on the queues: identifiers, never payloads. Unknown fields are ignored."""

from typing import Annotated, Literal

from pydantic import Field

from foreman_contract.base import JsonObject, WireModel
from foreman_contract.enums import EventType
from foreman_contract.fields import Id


class MessageModel(WireModel):
    """A message body: every field that has a value is sent, defaults (`v`) included."""

    def to_wire(self) -> JsonObject:
        """The JSON object to send."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class TaskMessage(MessageModel):
    """On a task queue: look at this task."""

    task_id: Id
    run_id: Id
    org_id: str
    type: str
    v: Literal[1] = 1


class ResultMessage(MessageModel):
    """On a result queue: a task or a run has ended. `at` is epoch milliseconds."""

    event: Annotated[EventType, Field(strict=False)]
    task_id: str | None = None
    run_id: str
    org_id: str
    type: str | None = None
    status: str
    at: int
    v: Literal[1] = 1
