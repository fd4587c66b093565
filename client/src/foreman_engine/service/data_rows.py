"""From the ids that a query chose to the rows that it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from foreman_contract import limits
from foreman_contract.run_data import Entry, EntrySort
from foreman_engine.domain.ids import created_ms
from foreman_engine.domain.links import Link
from foreman_engine.domain.payload import compact, escaped_bytes
from foreman_engine.domain.query import Plan
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service.cursors import Mark, Total
from foreman_engine.service.link_reader import Meter
from foreman_engine.service.link_walks import Ground, Walk
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.views import entry_view

_CHUNK: Final = 25
"""Entries whose values are in memory at once, at most 1 MB each."""
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Ask:
    """A query of one run's data, planned, and how far its walk has come."""

    ports: Ports
    org_id: str
    run_id: str
    plan: Plan
    sort_by: EntrySort
    page: ListQuery
    mark: Mark | None
    patient: bool = True
    """Whether an entry that vanishes while we look is worth looking again."""

    def ground(self, *, ascending: bool) -> Ground:
        """Where its walks go."""
        return Ground(self.ports.run_data, self.org_id, self.run_id, ascending)

    @property
    def counts(self) -> bool:
        """Whether this page tells how many rows there are in all."""
        return self.page.total and self.mark is None


@dataclass(frozen=True, slots=True)
class Selection:
    """A page's entries in order, with the place behind each; `tail` is where the next page begins, if there is one."""

    entries: Sequence[EntryState]
    marks: Sequence[Mark]
    tail: Mark | None
    total: Total | None = None


class VanishedError(Exception):
    """An entry that a link named is gone, or matches no longer: what it covered may match instead, so look again."""


def created_mark(entry_id: str) -> Mark:
    """The place behind an entry in the order of creation."""
    return Mark(created_ms(entry_id), entry_id)


def every_newest(ask: Ask) -> tuple[list[Link], Total]:
    """The newest match of every key, keys descending, as far as 10,000 rows read go; the total tells whether that is all."""
    walk = Walk(ask.ground(ascending=False), ask.plan, Meter(limits.MAX_COUNTED_ROWS + 1))
    links = walk.take(limits.MAX_COUNTED_ROWS + 1)
    return links, Total(min(len(links), limits.MAX_COUNTED_ROWS), at_least=not walk.ended)


def found(ask: Ask, entry_ids: Sequence[str]) -> list[EntryState]:
    """The entries as they are now, in the order of the ids, payloads unloaded.

    Raises:
        VanishedError: one is gone or matches no longer, and the ask is patient.
    """
    entries: dict[str, EntryState] = {}
    for start in range(0, len(entry_ids), _BATCH):
        entries |= ask.ports.run_data.get(ask.org_id, ask.run_id, entry_ids[start : start + _BATCH])
    kept = [entries[entry_id] for entry_id in entry_ids if entry_id in entries]
    kept = [entry for entry in kept if ask.plan.matches(entry.key, entry.tags)]
    if ask.patient and len(kept) < len(entry_ids):
        raise VanishedError
    return kept


def rows_that_fit(
    ports: Ports, entries: Sequence[EntryState], *, patient: bool, whole: bool = False
) -> list[tuple[EntryState, Entry]]:
    """The entries with their rows, as many as an answer of 4 MB holds and at least one; values are loaded bit by bit.

    Values over 64 KB are left out, unless the rows shall be `whole`.

    Raises:
        VanishedError: one was deleted meanwhile, and `patient`.
    """
    kept: list[tuple[EntryState, Entry]] = []
    room = limits.MAX_ANSWER_BYTES
    for start in range(0, len(entries), _CHUNK):
        chunk = entries[start : start + _CHUNK]
        loaded = ports.run_data.load(chunk)
        if patient and len(loaded) < len(chunk):
            raise VanishedError
        for entry in loaded:
            row = entry_view(entry, listed=not whole)
            room -= escaped_bytes(compact(row.to_wire()))
            if room < 0 and kept:
                return kept
            kept.append((entry, row))
    return kept
