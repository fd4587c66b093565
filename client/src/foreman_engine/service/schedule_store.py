"""What the use cases of schedules need from storage."""

from collections.abc import Sequence
from typing import Protocol

from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.schedules import ScheduleChange, ScheduleState
from foreman_engine.domain.work import DueFire


class ScheduleStore(Protocol):
    """Schedules. Their templates may be handed out unloaded."""

    def create(self, schedule: ScheduleState, record: IdempotencyRecord | None) -> None:
        """Write a new schedule (rev 0) with its template, all or nothing.

        Raises:
            AlreadyDoneError: the idempotency record exists (checked before anything else).
            IdTakenError: the id exists.
        """

    def get(self, org_id: str, schedule_id: str) -> ScheduleState | None:
        """The schedule, strongly consistent; its template may be unloaded."""

    def load(self, schedules: Sequence[ScheduleState]) -> list[ScheduleState]:
        """The same schedules with the text of their templates.

        Raises:
            StaleError: a template was replaced or removed since they were read.
        """

    def save(self, change: ScheduleChange) -> ScheduleState:
        """Write what differs, a new template among it, on condition that `rev` is as in `before`; the answer has the new rev.

        Raises:
            StaleError: it is not, or the schedule is gone; nothing was written.
        """

    def delete(self, schedule: ScheduleState) -> None:
        """Remove the schedule and its template, on condition that `rev` is as read.

        Raises:
            StaleError: it is not, or the schedule is gone; nothing was removed.
        """

    def rows(
        self, org_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> Sequence[ScheduleState]:
        """The first `limit` schedules behind `after_id`, by creation, strongly consistent; fewer mean that there are no more."""

    def count(self, org_id: str, at_most: int) -> int:
        """How many schedules there are, counted no further than a little over `at_most`."""

    def due(self, shard: int, until_ms: int) -> list[DueFire]:
        """The next fires, of schedules that are not paused, of one shard (0 to DUE_SHARDS - 1) and any organization, up to `until_ms`.

        Earliest first. May lag behind writes.
        """
