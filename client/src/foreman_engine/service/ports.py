"""What the use cases need from the world, named by role. `memory/` and the AWS adapters fulfil it; one suite tests both.

Every store call is about one organization, whose id is part of every key. Writes are *conditional*: a write of a task or run
asserts the `rev` that was read, so whoever decided on an old state learns it (`StaleError`) and decides again. Any call may
raise `UnavailableError` once its own retries are spent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from foreman_contract.enums import Priority, TaskStatus
from foreman_contract.messages import ResultMessage, TaskMessage
from foreman_contract.service import Queues
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.schedules import ScheduleChange
from foreman_engine.domain.tasks import Change, Counts, TaskState
from foreman_engine.domain.work import AnyWork
from foreman_engine.service.backlog import QueueWatch
from foreman_engine.service.indexes import IndexRow, RunIndex, TaskIndex
from foreman_engine.service.key_store import KeyStore
from foreman_engine.service.outside_payloads import OutsidePayloads
from foreman_engine.service.rate_windows import RateWindows
from foreman_engine.service.run_data_store import RunDataStore
from foreman_engine.service.schedule_store import ScheduleStore


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Tasks in the asked order; `more` tells whether the walk can go on after the last of them."""

    tasks: tuple[TaskState, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list walk stands: the last row seen, by its sort instant (epoch ms) and id."""

    at: int
    id: str


@dataclass(frozen=True, slots=True)
class RunGuard:
    """What a save of tasks asserts of their run: that its `epoch` and status are as in `run`.

    With `touch` it also asserts and raises the run's `rev`, so that nobody ends the run on counters read before.
    """

    run: RunState
    touch: bool = False


@dataclass(frozen=True, slots=True)
class Writing:
    """What a creation of tasks writes and asserts besides them.

    `dependencies` are tasks outside the call, as read: each learns that it has dependants. One that was open must not have ended
    since, one that had ended must be at the same `rev`.
    With `new_run` the run itself is written (rev 0), its `total_tasks` as given. `fired` is what becomes of the schedule that
    starts it, on condition that its `rev` is as read.
    """

    record: IdempotencyRecord | None = None
    dependencies: Sequence[TaskState] = ()
    new_run: bool = False
    fired: ScheduleChange | None = None


ALONE: Final = Writing()


@dataclass(frozen=True, slots=True)
class DependantPage:
    """Ids of tasks, ascending; `more` tells whether the walk can go on after the last of them."""

    ids: tuple[str, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class DueTask:
    """A task that the due-index names. The index lags: read the task before believing it."""

    org_id: str
    task_id: str
    due_at: int


DUE_SHARDS: Final = 4
"""Partitions of a due-index; it spans all organizations, so that a sweep of nothing is four queries."""


class RunStore(Protocol):
    """Runs, and the counters of their tasks' ends."""

    def create(self, run: RunState, record: IdempotencyRecord | None) -> None:
        """Write a new run (rev 0).

        Raises:
            AlreadyDoneError: the idempotency record exists (checked before anything else).
            IdTakenError: another run lies at the id's address.
        """

    def get(self, org_id: str, run_ids: Sequence[str]) -> Mapping[str, RunState]:
        """The runs that exist, strongly consistent; `counts` are zero and payloads may be unloaded. At most 100 ids."""

    def counts(self, org_id: str, run_id: str) -> Counts:
        """The run's counters of ends, strongly consistent."""

    def load(self, runs: Sequence[RunState]) -> list[RunState]:
        """The same runs with every payload's text; UnavailableError when one was replaced and removed since they were read."""

    def save(self, before: RunState, after: RunState) -> RunState:
        """Write what differs, on condition that `rev` and `total_tasks` are as in `before`; the answer has the new rev.

        Raises:
            StaleError: they are not; nothing was written.
        """

    def whole(self, org_id: str, run_ids: Sequence[str]) -> Mapping[str, RunState]:
        """As `get`, with the counts."""

    def rows(
        self, org_id: str, index: RunIndex, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        """The first `limit` rows of an index behind `after`; fewer mean that there are no more. May lag behind writes."""

    def count(self, org_id: str, index: RunIndex, at_most: int) -> int:
        """How many rows an index has, counted no further than a little over `at_most`. May lag behind writes."""


class TaskStore(Protocol):
    """Tasks. Those of one run lie together, in creation order."""

    def create(self, run: RunState, tasks: Sequence[TaskState], writing: Writing = ALONE) -> None:
        """Write 1-90 new tasks (rev 0) of one run and raise its `total_tasks`, all or nothing.

        Raises:
            AlreadyDoneError: the idempotency record exists (checked before anything else).
            ConflictError: the run has ended.
            StaleError: `ids` are those of `writing.dependencies` that are not as asserted, or the schedule that fired; or the run
                is at another epoch.
            IdTakenError: one of the ids exists, or with `writing.new_run` another run lies at the run's address.
        """

    def get(self, org_id: str, task_ids: Sequence[str]) -> Mapping[str, TaskState]:
        """The tasks that exist, strongly consistent; payloads may be unloaded. At most 100 ids."""

    def load(self, tasks: Sequence[TaskState]) -> list[TaskState]:
        """The same tasks with every payload's text; UnavailableError when one was replaced and removed since they were read."""

    def save(
        self,
        changes: Sequence[Change],
        guard: RunGuard | None = None,
        unchanged: Sequence[TaskState] = (),
    ) -> list[TaskState]:
        """Write 1-25 changes of one run's tasks, and their ends on the run's counters, all or nothing.

        Each asserts the `rev` in its `before`, `guard` its run, and `unchanged` (at most 60) other tasks' revs; the answer has
        the new revs, in order. New payloads are durable before the state that refers to them.

        Raises:
            StaleError: `ids` are those whose condition failed, the run's among them if it was; nothing was written.
        """

    def save_each(self, changes: Sequence[Change]) -> list[TaskState | None]:
        """Write changes that are no ends, each for itself; None for those whose `rev` was another, in order."""

    def dependants(self, org_id: str, task_id: str, limit: int, after_id: str | None) -> DependantPage:
        """Ids of tasks that name this one as a dependency, ascending, strongly consistent, starting behind `after_id`.

        Some may not exist: they are written before the tasks.
        """

    def rows(
        self, org_id: str, index: TaskIndex, limit: int, after: Position | None, *, ascending: bool
    ) -> Sequence[IndexRow]:
        """The first `limit` rows of an index behind `after`; fewer mean that there are no more. May lag behind writes.

        The children of a task are all there; among them may be some that were never created.
        """

    def count(self, org_id: str, status: TaskStatus | None, at_most: int) -> int:
        """How many tasks an index of the organization has, counted no further than a little over `at_most`. May lag."""

    def due(self, shard: int, until_ms: int, limit: int) -> list[DueTask]:
        """Tasks of one shard (0 to DUE_SHARDS - 1), of any organization, with `due_at` up to `until_ms`; earliest first.

        May lag behind writes.
        """

    def of_run(
        self, org_id: str, run_id: str, limit: int, after_id: str | None, *, ascending: bool
    ) -> TaskPage:
        """The run's tasks in creation order (or the reverse), strongly consistent, starting behind `after_id`."""


@dataclass(frozen=True, slots=True)
class TaskNotice:
    """A task message to send; it becomes visible after `delay_ms` (at most 15 minutes; a longer wait is looked at again)."""

    message: TaskMessage
    queue: str
    delay_ms: int = 0
    traceparent: str | None = None
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class EventNotice:
    """A result message to send."""

    message: ResultMessage
    traceparent: str | None = None


class Messages(Protocol):
    """The queues. Sending is durable when the call returns; delivery is at least once, in any order."""

    def resolve(self, org_id: str, task_queue: str, result_queue: str) -> Queues:
        """The physical URLs of an organization's queues, created when absent."""

    def send_tasks(self, org_id: str, notices: Sequence[TaskNotice]) -> None:
        """Put task messages on their queues (created when absent), all of them or an error."""

    def send_events(self, org_id: str, queue: str | None, events: Sequence[EventNotice]) -> None:
        """Put events on a result queue (None: the default one), all of them or an error."""

    def send_work(self, work: Sequence[AnyWork], delay_s: int) -> None:
        """Put hints on the internal work queue."""

    def ping(self) -> None:
        """Return when the queue service answers; raise UnavailableError when it does not."""


class Clock(Protocol):
    """The API's clock, the only one that counts."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""


class Ids(Protocol):
    """Ids and randomness."""

    def run_id(self, now_ms: int) -> str:
        """A fresh run id."""

    def task_ids(self, run_id: str, now_ms: int, count: int) -> list[str]:
        """Fresh ids of one run, ascending, and behind those that this process drew before."""

    def entry_id(self, now_ms: int) -> str:
        """A fresh entry id, behind those that this process drew before."""

    def schedule_id(self, now_ms: int) -> str:
        """A fresh schedule id, behind those that this process drew before."""

    def uniform(self) -> float:
        """Uniform in [0, 1)."""

    def secret(self) -> str:
        """40 characters of base62 from a cryptographic source: the random part of an API key."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a use case may touch."""

    runs: RunStore
    tasks: TaskStore
    run_data: RunDataStore
    schedules: ScheduleStore
    keys: KeyStore
    rate_windows: RateWindows
    payloads: OutsidePayloads
    messages: Messages
    clock: Clock
    ids: Ids
    queue_watch: QueueWatch
