"""Run data in memory. Links are not kept but derived, so that they cannot differ from the entries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.links import AnyLink, Link, TagLink
from foreman_engine.domain.run_data import EntryState
from foreman_engine.memory.state import MemoryState
from foreman_engine.service.run_data_store import EntryPage, Hit


class MemoryRunDataStore:
    """RunDataStore; its `search` does not lag."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def add(self, entry: EntryState, record: IdempotencyRecord | None) -> None:
        """Write the entry."""
        with self._state.lock:
            self._state.refuse_done(entry.org_id, record)
            if (entry.org_id, entry.id) in self._state.entries:
                raise IdTakenError(entry.id)
            self._state.entries[entry.org_id, entry.id] = self._state.payloads.shelve(entry)
            self._state.keep(entry.org_id, record)

    def retag(self, before: EntryState, after: EntryState) -> None:
        """Write `after` if the tags are still those of `before`."""
        with self._state.lock:
            self._refuse_stale([before])
            current = self._state.entries[after.org_id, after.id]
            self._state.entries[after.org_id, after.id] = self._state.payloads.shelve(after, current)

    def remove(self, entries: Sequence[EntryState]) -> None:
        """Delete entries whose tags are still those given, or none of them."""
        with self._state.lock:
            self._refuse_stale(entries)
            for entry in entries:
                self._state.payloads.drop(self._state.entries.pop((entry.org_id, entry.id)))

    def _refuse_stale(self, entries: Sequence[EntryState]) -> None:
        stale = [entry.id for entry in entries if self._tags(entry) != entry.tags]
        if stale:
            raise StaleError(stale)

    def _tags(self, entry: EntryState) -> tuple[str, ...] | None:
        current = self._state.entries.get((entry.org_id, entry.id))
        return current.tags if current is not None else None

    def get(self, org_id: str, run_id: str, entry_ids: Sequence[str]) -> Mapping[str, EntryState]:
        """The entries that exist in this run; large payloads are unloaded."""
        with self._state.lock:
            found = (self._state.entries.get((org_id, entry_id)) for entry_id in entry_ids)
            return {entry.id: entry for entry in found if entry is not None and entry.run_id == run_id}

    def load(self, entries: Sequence[EntryState]) -> list[EntryState]:
        """The same entries with every payload's text, without those that were deleted."""
        with self._state.lock:
            kept = [entry for entry in entries if self._tags(entry) is not None]
            return [self._state.payloads.load(entry) for entry in kept]

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> EntryPage:
        """All entries of a run in creation order (or the reverse), starting behind `after_id`."""
        entries = sorted(self._entries(org_id, run_id), key=lambda entry: entry.id, reverse=not ascending)
        if after_id is not None:
            entries = [each for each in entries if (each.id > after_id if ascending else each.id < after_id)]
        return EntryPage(tuple(entries[:limit]), more=len(entries) > limit)

    def newest_of(self, org_id: str, run_id: str, keys: Collection[str]) -> Mapping[str, str]:
        """The id of the newest entry of each key."""
        ids = sorted((entry.id, entry.key) for entry in self._entries(org_id, run_id) if entry.key in keys)
        return {key: entry_id for entry_id, key in ids}

    def links(
        self, org_id: str, run_id: str, tag: str | None, low: Link, high: Link, limit: int, *, ascending: bool
    ) -> Sequence[Link]:
        """Links of all keys, or of one tag, between two places."""
        entries = self._entries(org_id, run_id)
        links = (Link(entry.key, entry.id) for entry in entries if tag is None or tag in entry.tags)
        return _between(links, low, high, limit, ascending=ascending)

    def tag_links(
        self, org_id: str, run_id: str, low: TagLink, high: TagLink, limit: int, *, ascending: bool
    ) -> Sequence[TagLink]:
        """Links of all tags between two places."""
        links = (link for entry in self._entries(org_id, run_id) for link in _tag_links(entry))
        return _between(links, low, high, limit, ascending=ascending)

    def search(self, org_id: str, low: AnyLink, high: AnyLink, limit: int) -> Sequence[Hit[AnyLink]]:
        """Links of the organization between two places."""
        runs: dict[AnyLink, str] = {}
        for entry in self._entries(org_id):
            links: Iterable[Link | TagLink] = (
                _tag_links(entry) if isinstance(low, TagLink) else [Link(entry.key, entry.id)]
            )
            runs.update((cast(AnyLink, link), entry.run_id) for link in links)
        found = _between(runs, low, high, limit, ascending=True)
        return [Hit(run_address(runs[link]) or "", link) for link in found]

    def entries_at(self, org_id: str, hits: Sequence[Hit[AnyLink]]) -> Mapping[str, EntryState]:
        """The entries of those hits that still exist, by id."""
        with self._state.lock:
            found = (self._state.entries.get((org_id, hit.link.entry_id)) for hit in hits)
            return {entry.id: entry for entry in found if entry is not None}

    def _entries(self, org_id: str, run_id: str | None = None) -> list[EntryState]:
        with self._state.lock:
            of_org = [entry for (org, _), entry in self._state.entries.items() if org == org_id]
        return [entry for entry in of_org if run_id is None or entry.run_id == run_id]


def _tag_links(entry: EntryState) -> list[TagLink]:
    return [TagLink(tag, entry.key, entry.id) for tag in entry.tags]


def _between(
    links: Iterable[AnyLink], low: AnyLink, high: AnyLink, limit: int, *, ascending: bool
) -> list[AnyLink]:
    return sorted((link for link in links if low <= link <= high), reverse=not ascending)[:limit]
