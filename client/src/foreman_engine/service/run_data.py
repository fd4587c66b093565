"""Run data: tagged entries that the tasks of one run share."""

from dataclasses import dataclass
from typing import Final

from foreman_contract.run_data import CreateEntry, Entry, EntryPage
from foreman_engine.domain.errors import (
    AlreadyDoneError,
    IdTakenError,
    NotFoundError,
    UnavailableError,
)
from foreman_engine.domain.payload import payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service import cursors
from foreman_engine.service.idempotency import IdempotencyKey
from foreman_engine.service.pages import ListQuery, fit, pagination
from foreman_engine.service.ports import Ports, Position
from foreman_engine.service.runs import metadata_payload, read_run
from foreman_engine.service.tasks import read_task
from foreman_engine.service.views import entry_view

_TRIES: Final = 8


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
        NotFoundError: the run is unknown, or the task is not in it.
        TooLargeError: a payload is over its limit.
    """
    read_run(ports, org_id, run_id)
    if read_task(ports, org_id, request.task_id).run_id != run_id:
        raise NotFoundError("There is no such task in this run.")
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        entry = _new_entry(ports.ids.entry_id(now), run_id, org_id, request, now)
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


def _new_entry(entry_id: str, run_id: str, org_id: str, request: CreateEntry, now: int) -> EntryState:
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
    found = ports.run_data.get(org_id, run_id, [entry_id])
    if entry_id not in found:
        raise NotFoundError("The entry was deleted.")
    return entry_view(found[entry_id])


@dataclass(frozen=True, slots=True)
class DataQuery:
    """Which entries: of one key (None: of all keys), the newest or `include_all`."""

    key: str | None
    include_all: bool
    page: ListQuery


def query_entries(ports: Ports, org_id: str, run_id: str, query: DataQuery) -> EntryPage:
    """Entries by key, strongly consistent: a task that reads after another has written sees what it wrote.

    Raises:
        NotFoundError: the run is unknown.
        InvalidCursorError: the cursor is broken or belongs to another query.
    """
    read_run(ports, org_id, run_id)
    page = query.page
    scope = cursors.scope_of(org_id, "data", run_id, query.key, query.include_all, page.ascending)
    after_id = cursors.decode(scope, page.cursor).position.id if page.cursor is not None else None
    if query.key is None:
        found = ports.run_data.of_run(org_id, run_id, page.limit, after_id, ascending=page.ascending)
    elif query.include_all:
        found = ports.run_data.of_key(
            org_id, run_id, query.key, page.limit, after_id, ascending=page.ascending
        )
    else:
        found = ports.run_data.of_key(org_id, run_id, query.key, 1, None, ascending=False)
    rows = fit([entry_view(entry, listed=True) for entry in found.entries])
    more = bool(rows) and (found.more or len(rows) < len(found.entries))
    single = query.key is not None and not query.include_all
    cursor = cursors.encode(scope, Position(0, rows[-1].id)) if more and not single else None
    return EntryPage(data=rows, pagination=pagination(page.limit, next_cursor=cursor))
