"""A tagged entry of a run's data."""

from dataclasses import dataclass

from foreman_engine.domain.payload import Payload


@dataclass(frozen=True, slots=True)
class EntryState:
    """One entry. `id` sorts by creation; `tags` are distinct and in the caller's order."""

    id: str
    run_id: str
    org_id: str
    task_id: str
    key: str
    value: Payload
    tags: tuple[str, ...]
    created_at: int
    updated_at: int
    metadata: Payload | None = None
