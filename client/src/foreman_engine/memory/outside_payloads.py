"""The payloads outside their records, in memory: those that the shelf holds."""

from collections.abc import Collection, Iterator, Sequence

from foreman_engine.domain.ids import run_address, task_address
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.memory.payloads import payloads_of
from foreman_engine.memory.state import MemoryState
from foreman_engine.service.outside_payloads import Referred, StoredPayload


class MemoryOutsidePayloads:
    """OutsidePayloads. Nobody dies in here, so what was never created is found by what it left."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def beside(self, org_id: str, address: str) -> Sequence[StoredPayload]:
        """What lies on the shelf of one run."""
        with self._state.lock:
            return self._state.payloads.stored(org_id, apart=False).get(address, [])

    def apart(self, org_id: str) -> Iterator[tuple[str, Sequence[StoredPayload]]]:
        """What lies apart, run by run."""
        with self._state.lock:
            return iter(sorted(self._state.payloads.stored(org_id, apart=True).items()))

    def never_created(self, org_id: str) -> Iterator[str]:
        """Addresses without a run of which something lies on the shelf."""
        with self._state.lock:
            stored = self._state.payloads.stored(org_id, apart=False)
            return iter(sorted(address for address in stored if (org_id, address) not in self._state.runs))

    def referred(self, org_id: str, address: str) -> Referred:
        """What run, tasks and entries refer to."""
        with self._state.lock:
            run = self._state.runs.get((org_id, address))
            records = [run, *self._records(org_id, address)]
            payloads = (
                each for state in records if state is not None for each in payloads_of(state).values()
            )
            names = frozenset(each.ref for each in payloads if each.ref is not None)
            return Referred(run.id if run is not None else None, names)

    def _records(self, org_id: str, address: str) -> Iterator[RunState | TaskState | EntryState]:
        for (org, task_id), task in self._state.tasks.items():
            found = task_address(task_id)
            if org == org_id and found is not None and found.run == address:
                yield task
        for (org, _), entry in self._state.entries.items():
            if org == org_id and run_address(entry.run_id) == address:
                yield entry

    def remove(self, org_id: str, address: str, names: Collection[str]) -> None:
        """Forget texts of this run."""
        with self._state.lock:
            for apart in (False, True):
                of_run = self._state.payloads.stored(org_id, apart=apart).get(address, [])
                for each in of_run:
                    if each.name in names:
                        self._state.payloads.remove(each.name)
