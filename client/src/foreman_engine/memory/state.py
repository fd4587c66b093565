"""What the memory stores share: one lock and the records under it, as one database would hold them."""

import threading
import zlib
from dataclasses import dataclass, field, replace

from foreman_engine.domain.errors import AlreadyDoneError, StaleError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rate_windows import Window
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.schedules import ScheduleChange, ScheduleState
from foreman_engine.domain.tasks import Counts, TaskState
from foreman_engine.memory.payloads import PayloadShelf
from foreman_engine.service.ports import DUE_SHARDS, Clock

RunKey = tuple[str, str]
"""Organization and run address."""


@dataclass(slots=True)
class MemoryState:
    """Every record. Whoever reads or writes holds `lock`."""

    clock: Clock
    lock: threading.RLock = field(default_factory=threading.RLock)
    payloads: PayloadShelf = field(init=False)
    runs: dict[RunKey, RunState] = field(default_factory=dict)
    counts: dict[RunKey, Counts] = field(default_factory=dict)
    tasks: dict[tuple[str, str], TaskState] = field(default_factory=dict)
    entries: dict[tuple[str, str], EntryState] = field(default_factory=dict)
    schedules: dict[tuple[str, str], ScheduleState] = field(default_factory=dict)
    keys: dict[tuple[str, str], ApiKey] = field(default_factory=dict)
    records: dict[tuple[str, str], IdempotencyRecord] = field(default_factory=dict)
    windows: dict[tuple[str, str, int], dict[int, Window]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.payloads = PayloadShelf(self.clock)

    def run(self, org_id: str, run_id: str) -> RunState | None:
        """The run with this full id."""
        found = self.runs.get((org_id, run_address(run_id) or ""))
        return found if found is not None and found.id == run_id else None

    def record(self, org_id: str, scope: str) -> IdempotencyRecord | None:
        """The record of that scope, if it has not expired."""
        found = self.records.get((org_id, scope))
        return found if found is not None and found.expires_at_s * 1000 > self.clock.now_ms() else None

    def refuse_done(self, org_id: str, record: IdempotencyRecord | None) -> None:
        """Raise AlreadyDoneError when the record's scope is taken."""
        if record is not None and (found := self.record(org_id, record.scope)) is not None:
            raise AlreadyDoneError(found.body_hash, found.object_ids)

    def keep(self, org_id: str, record: IdempotencyRecord | None) -> None:
        """Store the record of a request that has just done its work."""
        if record is not None:
            self.records[org_id, record.scope] = record

    def change_schedule(self, change: ScheduleChange) -> ScheduleState:
        """Store a schedule as it is to be; StaleError when it is not as it was read."""
        before = change.before
        current = self.schedules.get((before.org_id, before.id))
        if current is None or current.rev != before.rev:
            raise StaleError([before.id])
        saved = replace(change.after, rev=before.rev + 1)
        self.schedules[before.org_id, before.id] = saved
        return saved


def due_shard(uid: str) -> int:
    """The shard of the due-index in which a task or a schedule is found."""
    return zlib.crc32(uid.encode()) % DUE_SHARDS
