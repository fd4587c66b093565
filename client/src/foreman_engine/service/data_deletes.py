"""Deleting run data: entries, links and payloads together, in bounded steps that can be repeated."""

from collections.abc import Iterator, Sequence
from typing import Final

from foreman_contract import limits
from foreman_contract.run_data import Deleted
from foreman_engine.domain.errors import NotFoundError, StaleError, UnavailableError
from foreman_engine.domain.links import AFTER_IDS, Link, behind
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service.ports import Ports
from foreman_engine.service.runs import read_run

_BATCH: Final = 100
"""Entries and links deleted at once. Source: TransactWriteItems takes 100 actions."""
_MAX_ITEMS: Final = 10_000
"""Entries and links of one call, so that entries with many tags do not outlast an answer."""
_TRIES: Final = 40


def delete_entry(ports: Ports, org_id: str, run_id: str, entry_id: str) -> Deleted:
    """Delete one entry.

    Raises:
        NotFoundError: this organization has no such run, or the run no such entry.
    """
    read_run(ports, org_id, run_id)
    if not _delete(ports, org_id, run_id, [entry_id]):
        raise NotFoundError("There is no such entry in this run.")
    return Deleted(deleted=1)


def delete_key(ports: Ports, org_id: str, run_id: str, key: str) -> Deleted:
    """Delete versions of a key, the oldest first, so that the newest stays what the key says until it goes as well.

    At most 1,000 a call; `more` says that some are left.

    Raises:
        NotFoundError: this organization has no such run, or the run no entry of this key.
    """
    read_run(ports, org_id, run_id)
    deleted = looked_at = items = 0
    place, end = Link(key, ""), Link(key, AFTER_IDS)
    while True:
        left = limits.MAX_DELETED_ENTRIES - looked_at
        if left <= 0 or items >= _MAX_ITEMS:
            break
        links = ports.run_data.links(org_id, run_id, None, place, end, min(_BATCH, left), ascending=True)
        if not links:
            break
        gone = _delete(ports, org_id, run_id, [link.entry_id for link in links])
        deleted += len(gone)
        looked_at += len(links)
        items += sum(map(_weight, gone))
        place = behind(links[-1], ascending=True)
    more = bool(ports.run_data.links(org_id, run_id, None, Link(key, ""), end, 1, ascending=True))
    if not deleted and not more:
        raise NotFoundError("The run has no entry of this key.")
    return Deleted(deleted=deleted, more=True) if more else Deleted(deleted=deleted)


def _delete(ports: Ports, org_id: str, run_id: str, entry_ids: Sequence[str]) -> list[EntryState]:
    """Delete those that exist; the answer names those that this call deleted."""
    deleted: list[EntryState] = []
    waiting = list(entry_ids)
    for _ in range(_TRIES):
        found = ports.run_data.get(org_id, run_id, waiting)
        waiting = []
        for batch in _batches([found[entry_id] for entry_id in entry_ids if entry_id in found]):
            try:
                ports.run_data.remove(batch)
            except StaleError:
                waiting += [entry.id for entry in batch]
            else:
                deleted += batch
        if not waiting:
            return deleted
    raise UnavailableError("The entries are changing too fast to be deleted.")


def _weight(entry: EntryState) -> int:
    """The entry, its key's link and its tags'."""
    return 2 + len(entry.tags)


def _batches(entries: Sequence[EntryState]) -> Iterator[list[EntryState]]:
    batch: list[EntryState] = []
    room = _BATCH
    for entry in entries:
        if batch and _weight(entry) > room:
            yield batch
            batch, room = [], _BATCH
        batch.append(entry)
        room -= _weight(entry)
    if batch:
        yield batch
