"""Run data: tagged entries that the tasks of one run share. Writing them; `data_queries` reads."""

from dataclasses import dataclass, replace
from typing import Final

from foreman_contract.run_data import ChangeTags, CreateEntry, Entry
from foreman_engine.domain.errors import (
    AlreadyDoneError,
    IdTakenError,
    NotFoundError,
    StaleError,
    UnavailableError,
)
from foreman_engine.domain.ids import created_ms
from foreman_engine.domain.payload import payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.tag_changes import changed_tags
from foreman_engine.service.idempotency import IdempotencyKey, made_before
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import metadata_payload, read_run
from foreman_engine.service.tasks import read_task
from foreman_engine.service.views import entry_view

_TRIES: Final = 8
_TAG_TRIES: Final = 40
"""Every round of a race has a winner, so this many changes of one entry may meet."""


@dataclass(frozen=True, slots=True)
class CreatedEntry:
    """An entry, and whether an earlier request with the same idempotency key made it."""

    entry: Entry
    replayed: bool


def create_entry(
    ports: Ports, org_id: str, run_id: str, request: CreateEntry, key: IdempotencyKey | None = None
) -> CreatedEntry:
    """Add an entry; one under a key that is there already is a newer version, never an overwrite.

    Raises:
        NotFoundError: the run is unknown, or the task is not in it; for a repeated request, the entry was deleted.
        TooLargeError: a payload is over its limit.
    """
    if (made := made_before(ports.keys, org_id, key)) is not None:
        return CreatedEntry(_read(ports, org_id, run_id, made[0]), replayed=True)
    read_run(ports, org_id, run_id)
    if read_task(ports, org_id, request.task_id).run_id != run_id:
        raise NotFoundError("There is no such task in this run.")
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        entry = _new_entry(ports.ids.entry_id(now), run_id, org_id, request)
        try:
            ports.run_data.add(entry, key.record((entry.id,), now) if key else None)
        except IdTakenError:
            continue
        except AlreadyDoneError as done:
            if key is None:
                raise
            [entry_id] = key.replayed(done)
            return CreatedEntry(_read(ports, org_id, run_id, entry_id), replayed=True)
        return CreatedEntry(entry_view(entry), replayed=False)
    raise UnavailableError("No free entry id was drawn.")


def _new_entry(entry_id: str, run_id: str, org_id: str, request: CreateEntry) -> EntryState:
    """A new entry. The order of creation is that of the ids, so its instant is the id's."""
    now = created_ms(entry_id)
    return EntryState(
        id=entry_id,
        run_id=run_id,
        org_id=org_id,
        task_id=request.task_id,
        key=request.key,
        value=payload(request.value, "value"),
        tags=tuple(request.tags),
        metadata=metadata_payload(request.metadata),
        created_at=now,
        updated_at=now,
    )


def _read(ports: Ports, org_id: str, run_id: str, entry_id: str) -> Entry:
    loaded = ports.run_data.load([_find(ports, org_id, run_id, entry_id)])
    if not loaded:
        raise NotFoundError("The entry was deleted.")
    return entry_view(loaded[0])


def change_tags(ports: Ports, org_id: str, run_id: str, entry_id: str, request: ChangeTags) -> Entry:
    """Remove tags, then add what is missing. Of changes at the same moment none is lost; repeating one changes nothing.

    Raises:
        NotFoundError: this organization has no such run, or the run no such entry.
        InvalidError: the entry would have more than 50 tags.
    """
    read_run(ports, org_id, run_id)
    for _ in range(_TAG_TRIES):
        before = _find(ports, org_id, run_id, entry_id)
        tags = changed_tags(before.tags, request.add, request.remove)
        after = before
        if tags != before.tags:
            now = max(ports.clock.now_ms(), before.updated_at)
            after = replace(before, tags=tags, updated_at=now)
            try:
                ports.run_data.retag(before, after)
            except StaleError:
                continue
        loaded = ports.run_data.load([after])
        if loaded:
            return entry_view(loaded[0])
    raise UnavailableError("The entry's tags are changing too fast.")


def _find(ports: Ports, org_id: str, run_id: str, entry_id: str) -> EntryState:
    found = ports.run_data.get(org_id, run_id, [entry_id])
    if entry_id not in found:
        raise NotFoundError("There is no such entry in this run.")
    return found[entry_id]
