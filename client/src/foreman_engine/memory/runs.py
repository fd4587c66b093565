"""Runs in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Counts
from foreman_engine.memory.pages import page_of
from foreman_engine.memory.state import MemoryState, RunKey
from foreman_engine.service.indexes import IndexRow, RunIndex
from foreman_engine.service.ports import Position


class MemoryRunStore:
    """RunStore; its indexes do not lag."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def create(self, run: RunState, record: IdempotencyRecord | None) -> None:
        """Write a new run (rev 0)."""
        with self._state.lock:
            self._state.refuse_done(run.org_id, record)
            key = _key(run.org_id, run.id)
            if key in self._state.runs:
                raise IdTakenError(run.id)
            self._state.runs[key] = self._stored(run)
            self._state.keep(run.org_id, record)

    def get(self, org_id: str, run_ids: Sequence[str]) -> Mapping[str, RunState]:
        """The runs that exist; large payloads are unloaded."""
        with self._state.lock:
            found = ((run_id, self._state.run(org_id, run_id)) for run_id in run_ids)
            return {run_id: run for run_id, run in found if run is not None}

    def counts(self, org_id: str, run_id: str) -> Counts:
        """The run's counters of ends."""
        with self._state.lock:
            return self._state.counts.get(_key(org_id, run_id), Counts())

    def load(self, runs: Sequence[RunState]) -> list[RunState]:
        """The same runs with every payload's text."""
        with self._state.lock:
            return [self._state.payloads.load(run) for run in runs]

    def save(self, before: RunState, after: RunState) -> RunState:
        """Write `after` if `rev` and `total_tasks` are still as in `before`."""
        with self._state.lock:
            current = self._state.run(before.org_id, before.id)
            if current is None or (current.rev, current.total_tasks) != (before.rev, before.total_tasks):
                raise StaleError([before.id])
            saved = replace(after, rev=before.rev + 1, total_tasks=before.total_tasks)
            stored = self._stored(saved, current)
            self._state.runs[_key(before.org_id, before.id)] = stored
            return self._state.payloads.load(replace(stored, counts=after.counts))

    def whole(self, org_id: str, run_ids: Sequence[str]) -> Mapping[str, RunState]:
        """As `get`, with the counts."""
        with self._state.lock:
            found = self.get(org_id, run_ids)
            return {run_id: replace(run, counts=self.counts(org_id, run_id)) for run_id, run in found.items()}

    def rows(
        self, org_id: str, index: RunIndex, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        """Rows of an index behind `after`."""
        return page_of(self._rows(org_id, index), limit, after, ascending=ascending)

    def count(self, org_id: str, index: RunIndex, at_most: int) -> int:
        """How many rows an index has, counted no further than one over `at_most`."""
        return min(len(self._rows(org_id, index)), at_most + 1)

    def _rows(self, org_id: str, index: RunIndex) -> list[IndexRow]:
        with self._state.lock:
            runs = [run for (org, _), run in self._state.runs.items() if org == org_id]
        times = ((getattr(run, index.sort), run) for run in runs)
        return [
            IndexRow(at, run.id, None if index.sort == "created_at" else run.status)
            for at, run in times
            if at is not None and index.status in (None, run.status)
        ]

    def _stored(self, run: RunState, current: RunState | None = None) -> RunState:
        return replace(self._state.payloads.shelve(run, current), counts=Counts())


def _key(org_id: str, run_id: str) -> RunKey:
    return org_id, run_address(run_id) or ""
