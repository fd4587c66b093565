"""Run data in memory."""

from collections.abc import Callable, Mapping, Sequence

from foreman_engine.domain.errors import IdTakenError
from foreman_engine.domain.run_data import EntryState
from foreman_engine.memory.state import MemoryState
from foreman_engine.service.ports import EntryPage, IdempotencyRecord


class MemoryRunDataStore:
    """RunDataStore."""

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

    def get(self, org_id: str, run_id: str, entry_ids: Sequence[str]) -> Mapping[str, EntryState]:
        """The entries that exist in this run, loaded."""
        with self._state.lock:
            found = (self._state.entries.get((org_id, entry_id)) for entry_id in entry_ids)
            mine = [entry for entry in found if entry is not None and entry.run_id == run_id]
            return {entry.id: self._state.payloads.load(entry) for entry in mine}

    def of_key(
        self, org_id: str, run_id: str, key: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> EntryPage:
        """The entries of one key in creation order (or the reverse), starting behind `after_id`."""
        chosen = self._chosen(
            lambda entry: (entry.org_id, entry.run_id, entry.key) == (org_id, run_id, key), ascending
        )
        return self._page(chosen, limit, after_id, ascending)

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> EntryPage:
        """All entries of a run in creation order (or the reverse), starting behind `after_id`."""
        chosen = self._chosen(lambda entry: (entry.org_id, entry.run_id) == (org_id, run_id), ascending)
        return self._page(chosen, limit, after_id, ascending)

    def _chosen(self, wanted: Callable[[EntryState], bool], ascending: bool) -> list[EntryState]:
        with self._state.lock:
            entries = [entry for entry in self._state.entries.values() if wanted(entry)]
        return sorted(entries, key=lambda entry: entry.id, reverse=not ascending)

    def _page(
        self, entries: list[EntryState], limit: int, after_id: str | None, ascending: bool
    ) -> EntryPage:
        if after_id is not None:
            entries = [
                entry for entry in entries if (entry.id > after_id if ascending else entry.id < after_id)
            ]
        with self._state.lock:
            loaded = tuple(self._state.payloads.load(entry) for entry in entries[:limit])
        return EntryPage(loaded, more=len(entries) > limit)
