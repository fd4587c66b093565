"""A worker that does as it is told, as long as it lives and hears the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from foreman_contract.enums import ClaimOutcome, HeartbeatOutcome, ReportOutcome, ReportStatus
from foreman_contract.work import (
    Beat,
    Claim,
    ClaimResult,
    Heartbeat,
    HeartbeatResult,
    Report,
    ReportResult,
    Result,
    TaskRef,
)
from foreman_engine.service.claims import claim_tasks
from foreman_engine.service.heartbeats import beat
from foreman_engine.service.ports import Ports
from foreman_engine.service.reports import report_results
from tests.unit.engine.simulation.faults import Fault
from tests.unit.engine.simulation.world import ORG, Delivery, World


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a call goes: what goes wrong in the API, whether the answer arrives, and what the worker still does then."""

    fault: Fault | None = None
    heard: bool = True
    obeys: bool = True
    """Whether it lives long enough to do with the messages as it was told."""


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt that the worker believes to be its own; a delivery unless it claimed without one."""

    attempt: int
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class How:
    """What a report says of its attempts."""

    status: ReportStatus = ReportStatus.COMPLETED
    retryable: bool = True
    delay_s: float | None = None


@dataclass
class Worker:
    """What it has in memory; `forget` is its death."""

    world: World
    number: int
    lives: int = 1
    deliveries: list[Delivery] = field(default_factory=list)
    running: dict[str, Held] = field(default_factory=dict)
    unheard: list[tuple[Claim, dict[str, Delivery]]] = field(default_factory=list)
    """Claims whose answer did not come: they can be asked again."""

    @property
    def name(self) -> str:
        return f"worker-{self.number}-{self.lives}"

    def forget(self) -> None:
        """Die, and be replaced."""
        self.lives += 1
        self.deliveries, self.running, self.unheard = [], {}, []

    def receive(self, queue: str, mask: int, visibility_ms: int) -> None:
        self.deliveries += self.world.receive(queue, mask, visibility_ms)

    def claim(self, lease_s: int | None, how: Hearing, extra: Sequence[str] = ()) -> None:
        """Claim what it received, each task once, and `extra` tasks without a message."""
        taken = {delivery.task_id: delivery for delivery in reversed(self.deliveries)}
        self.deliveries = [kept for kept in self.deliveries if kept not in taken.values()]
        ids = list(dict.fromkeys([*taken, *extra]))[:10]
        if not ids:
            return
        lease = {} if lease_s is None else {"lease_seconds": lease_s}
        claim_id = f"claim-{next(self.world.numbers)}"
        tasks = [TaskRef(id=task_id) for task_id in ids]
        self._ask(Claim(worker_id=self.name, claim_id=claim_id, tasks=tasks, **lease), taken, how)

    def claim_again(self, index: int, how: Hearing) -> None:
        """Repeat a claim whose answer did not come."""
        request, taken = self.unheard.pop(index % len(self.unheard))
        self._ask(request, taken, how)

    def _ask(self, request: Claim, taken: dict[str, Delivery], how: Hearing) -> None:
        waiting = (request, taken)
        self.unheard.append(waiting)

        def answered(results: list[ClaimResult]) -> None:
            if waiting in self.unheard:
                self.unheard.remove(waiting)
            for result in results:
                self._claimed(result, taken.get(result.id), how)

        def use_case(ports: Ports) -> list[ClaimResult]:
            return claim_tasks(ports, ORG, request)

        self._call("claim", request, use_case, answered, how)

    def _claimed(self, result: ClaimResult, delivery: Delivery | None, how: Hearing) -> None:
        if result.outcome is ClaimOutcome.CLAIMED:
            assert result.task is not None
            self.running[result.id] = Held(result.task.attempt, delivery)
        elif delivery is not None and how.obeys:
            self.world.obey(delivery, result.message, result.seconds)

    def heartbeat(self, progress: int | None, visibility_ms: int, how: Hearing) -> None:
        """Say of everything that runs that it runs; the messages are hidden for longer."""
        if not self.running:
            return
        given = {} if progress is None else {"progress": progress}
        beats = [Beat(id=task_id, attempt=held.attempt, **given) for task_id, held in self.running.items()]
        for held in self.running.values():
            if held.delivery is not None:
                self.world.messages.hide(held.delivery.url, held.delivery.receipt, visibility_ms)
        request = Heartbeat(worker_id=self.name, tasks=beats)
        held_now = dict(self.running)

        def answered(results: list[HeartbeatResult]) -> None:
            for result in results:
                if result.outcome is not HeartbeatOutcome.EXTENDED:
                    self._drop(result.id, held_now[result.id], result, how)

        self._call("heartbeat", request, lambda ports: beat(ports, ORG, request), answered, how)

    def report(self, mask: int, says: How, how: Hearing) -> None:
        """Report some of the attempts, as the bits of `mask` say."""
        chosen = [item for index, item in enumerate(self.running.items()) if mask >> index & 1]
        if not chosen:
            return
        delay = {} if says.delay_s is None else {"retry_delay_seconds": says.delay_s}
        results = [
            Result(
                id=task_id,
                attempt=held.attempt,
                status=says.status,
                output_data=next(self.world.numbers),
                error_data="e",
                retryable=says.retryable,
                **delay,
            )
            for task_id, held in chosen
        ]
        request = Report(worker_id=self.name, results=results)
        held_now = dict(chosen)

        def answered(results: list[ReportResult]) -> None:
            for result in results:
                assert result.outcome is not ReportOutcome.UNKNOWN
                self._drop(result.id, held_now[result.id], result, how)

        self._call("report", request, lambda ports: report_results(ports, ORG, request), answered, how)

    def _drop(self, task_id: str, held: Held, result: ReportResult | HeartbeatResult, how: Hearing) -> None:
        if self.running.get(task_id) == held:
            del self.running[task_id]
        if held.delivery is not None and how.obeys:
            self.world.obey(held.delivery, result.message, result.seconds)

    def _call(
        self,
        name: str,
        request: Any,
        use_case: Callable[[Ports], Any],
        answered: Callable[[Any], None],
        how: Hearing,
    ) -> None:
        life = self.lives
        self.world.requests.append((name, request))

        def hear(results: Any) -> None:
            if how.heard and life == self.lives:
                answered(results)

        self.world.perform(name, use_case, request=request, answered=hear, fault=how.fault)


def replay(world: World, name: str, request: Any, fault: Fault | None) -> None:
    """The network delivers an old request again; nobody hears the answer."""
    calls: dict[str, Callable[[Ports], Any]] = {
        "claim": lambda ports: claim_tasks(ports, ORG, request),
        "report": lambda ports: report_results(ports, ORG, request),
        "heartbeat": lambda ports: beat(ports, ORG, request),
    }
    world.perform(name, calls[name], request=request, fault=fault)
