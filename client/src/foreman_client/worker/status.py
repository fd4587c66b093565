"""How a worker is: what `worker.status()` and its health port answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from foreman_client.worker.outage import Outage
from foreman_client.worker.pace import REAL, Pace


class WorkerState(StrEnum):
    """Where a worker is in its life."""

    NEW = "new"
    """Not started yet; handlers and middleware can be added."""
    STARTING = "starting"
    """Started; it has not received from its queue yet."""
    RUNNING = "running"
    """It has received from its queue, perhaps nothing; left by a stop."""
    STOPPING = "stopping"
    """It takes in nothing more, and finishes or releases what it holds."""
    STOPPED = "stopped"
    """Over. Final."""


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker at one moment. Ages are seconds since the last success, None before the first.

    `running` counts the attempts whose handlers run, by task type; `held` counts also those whose results wait to be
    recorded. `failures` names what fails right now, with how often in a row; empty is healthy. `alive` is False when a
    thread of the worker has failed, which stops it.
    """

    worker_id: str
    state: WorkerState
    alive: bool
    concurrency: int
    free_slots: int
    running: Mapping[str, int]
    held: int
    last_poll_s: float | None
    last_claim_s: float | None
    last_heartbeat_s: float | None
    last_report_s: float | None
    failures: Mapping[str, int]

    @property
    def ready(self) -> bool:
        """Whether it takes in tasks: it runs, and neither its queues nor its claims fail."""
        return self.alive and self.state is WorkerState.RUNNING and not self.failures

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**asdict(self), "ready": self.ready}


@dataclass(frozen=True, slots=True)
class Signs:
    """Where a worker's status is read from."""

    polls: Sequence[Outage]
    claim: Outage
    heartbeat: Outage
    report: Outage
    disposal: Outage
    pace: Pace = REAL

    def ages(self) -> dict[str, float | None]:
        """Seconds since each last succeeded."""
        now = self.pace.monotonic()
        polled = [at for at in (each.succeeded_at for each in self.polls) if at is not None]
        return {
            "last_poll_s": now - max(polled) if polled else None,
            "last_claim_s": _age(self.claim, now),
            "last_heartbeat_s": _age(self.heartbeat, now),
            "last_report_s": _age(self.report, now),
        }

    def failures(self) -> dict[str, int]:
        """What fails right now, with how often in a row."""
        every = (*self.polls, self.claim, self.heartbeat, self.report, self.disposal)
        return {each.what: each.failures for each in every if each.failures}


def by_type(types: Sequence[str]) -> Mapping[str, int]:
    """How many of each."""
    return dict(Counter(types))


def _age(outage: Outage, now: float) -> float | None:
    return None if outage.succeeded_at is None else now - outage.succeeded_at
