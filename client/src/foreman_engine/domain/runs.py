"""A run's state, and when it ends."""

from dataclasses import dataclass, field, replace

from foreman_contract.enums import RunStatus
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.tasks import Counts
from foreman_engine.domain.transitions import ENDED_RUN


@dataclass(frozen=True, slots=True)
class RunState:
    """Everything stored of a run. Instants are epoch milliseconds; `rev` counts writes, those of task creation excepted."""

    id: str
    org_id: str
    status: RunStatus
    input_data: Payload
    created_at: int
    updated_at: int
    auto_complete: bool = False
    output_data: Payload | None = None
    error_data: Payload | None = None
    metadata: Payload | None = None
    result_queue: str | None = None
    """Logical name of the queue for this run's events; None for the organization's default."""
    total_tasks: int = 0
    counts: Counts = field(default_factory=Counts)
    """Ends of tasks; kept beside the run and filled in by reads that ask for them."""
    started_at: int | None = None
    completed_at: int | None = None
    duration_ms: int | None = None
    notified_at: int | None = None
    """When the event of its end was sent; None while it may still have to be."""
    epoch: int = 0
    """Raised by every cancel and retry of the run: a walk over its tasks belongs to one epoch."""
    hold: bool = False
    """While a retry walks the tasks: the run does not complete."""
    rev: int = 0

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status in ENDED_RUN


def start_run(run: RunState, now: int) -> RunState:
    """The run as its first task starts."""
    return replace(run, status=RunStatus.RUNNING, started_at=now, updated_at=now)


def end_run(run: RunState, status: RunStatus, now: int) -> RunState:
    """The run ended as `status`; the duration counts from its start, else from its creation."""
    started = run.started_at if run.started_at is not None else run.created_at
    return replace(run, status=status, completed_at=now, duration_ms=max(0, now - started), updated_at=now)


def outcome(run: RunState) -> RunStatus | None:
    """How an open `autoComplete` run ends now that its tasks stand as `counts` says; None while it does not."""
    counts = run.counts
    if (
        run.ended
        or run.hold
        or not run.auto_complete
        or run.total_tasks == 0
        or counts.ended < run.total_tasks
    ):
        return None
    if counts.failed > counts.tolerated:
        return RunStatus.FAILED
    return RunStatus.COMPLETED if counts.completed or counts.failed else RunStatus.CANCELLED
