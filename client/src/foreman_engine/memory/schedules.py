"""Schedules in memory."""

from collections.abc import Sequence

from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.schedules import ScheduleChange, ScheduleState
from foreman_engine.domain.work import DueFire
from foreman_engine.memory.state import MemoryState, due_shard


class MemoryScheduleStore:
    """ScheduleStore; templates are always loaded, and its due-index does not lag."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def create(self, schedule: ScheduleState, record: IdempotencyRecord | None) -> None:
        """Write a new schedule."""
        with self._state.lock:
            self._state.refuse_done(schedule.org_id, record)
            if (schedule.org_id, schedule.id) in self._state.schedules:
                raise IdTakenError(schedule.id)
            self._state.schedules[schedule.org_id, schedule.id] = schedule
            self._state.keep(schedule.org_id, record)

    def get(self, org_id: str, schedule_id: str) -> ScheduleState | None:
        """The schedule."""
        with self._state.lock:
            return self._state.schedules.get((org_id, schedule_id))

    def load(self, schedules: Sequence[ScheduleState]) -> list[ScheduleState]:
        """The same schedules."""
        return list(schedules)

    def save(self, change: ScheduleChange) -> ScheduleState:
        """Write a schedule if its `rev` is as in `before`."""
        with self._state.lock:
            return self._state.change_schedule(change)

    def delete(self, schedule: ScheduleState) -> None:
        """Remove a schedule if its `rev` is as read."""
        with self._state.lock:
            current = self._state.schedules.get((schedule.org_id, schedule.id))
            if current is None or current.rev != schedule.rev:
                raise StaleError([schedule.id])
            del self._state.schedules[schedule.org_id, schedule.id]

    def rows(
        self, org_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> Sequence[ScheduleState]:
        """The first `limit` schedules behind `after_id`."""
        with self._state.lock:
            mine = [each for (org, _), each in self._state.schedules.items() if org == org_id]
        ordered = sorted(mine, key=lambda schedule: schedule.id, reverse=not ascending)
        if after_id is not None:
            ordered = [each for each in ordered if (each.id > after_id if ascending else each.id < after_id)]
        return ordered[:limit]

    def count(self, org_id: str, at_most: int) -> int:
        """How many schedules there are, counted no further than one over `at_most`."""
        return len(self.rows(org_id, at_most + 1, None, ascending=True))

    def due(self, shard: int, until_ms: int) -> list[DueFire]:
        """The next fires of one shard, earliest first."""
        with self._state.lock:
            fires = [
                DueFire(each.org_id, each.id, each.next_fire_at)
                for each in self._state.schedules.values()
                if not each.paused and each.next_fire_at <= until_ms and due_shard(each.id) == shard
            ]
        return sorted(fires, key=lambda fire: (fire.at, fire.schedule_id))
