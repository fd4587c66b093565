"""A worker between a scripted Foreman and a queue in memory; its pauses are milliseconds."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from foreman_client import Failure, ForemanError, Handler, Handlers, Result, Success, UnavailableError
from foreman_client.worker import Worker
from foreman_client.worker.api import WorkApi
from foreman_client.worker.options import Timing, WorkerOptions
from foreman_client.worker.queue import QueueFaultError, Received, TaskQueue
from foreman_contract.base import WireModel
from foreman_contract.enums import Priority
from foreman_contract.work import ClaimResults, HeartbeatResults, ReportResults
from tests.unit.client.records import RUN_ID, entry_json, task_id, task_json
from tests.unit.client.stub_service import CONFIG, StubService, answer, serving

FAST = Timing(
    slots_linger_s=0.002,
    report_linger_s=0.002,
    recheck_s=(0.001, 0.002, 0.003),
    first_backoff_s=0.002,
    longest_backoff_s=0.004,
    shortest_beat_s=0.01,
    beat_retry_s=0.01,
    flush_s=0.5,
    full_pause_s=0.002,
    burst_wait_s=0,
)
AWAY = Failure(UnavailableError("away", code="service_unavailable", status=503, retryable=True))
Outcome = dict[str, Any]
Script = deque[Any]
M = TypeVar("M", bound=WireModel)


def refused(status: int) -> Failure:
    return Failure(ForemanError("refused", code="x", status=status))


def message(number: int, kind: str = "work", receives: int = 1, **more: Any) -> Received:
    body = {"taskId": task_id(number), "runId": RUN_ID, "orgId": "acme", "type": kind, "v": 1} | more
    return Received(json.dumps(body), f"handle-{number}", receives)


def number_of(ident: str) -> int:
    return int(ident[-12:])


def won(number: int, attempt: int = 1, seconds: int = 60, **task: Any) -> Outcome:
    record = task_json(number, status="running", attempt=attempt, **task)
    return {"outcome": "claimed", "task": record, "seconds": seconds}


@dataclass
class FakeQueue:
    """Hands out what is put in; keeps every call. `faults` are raised by the next calls."""

    waiting: deque[Received] = field(default_factory=deque)
    receives: list[tuple[int, int, int]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hidden: list[tuple[str, int]] = field(default_factory=list)
    faults: deque[QueueFaultError] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)
    closed: bool = False

    def put(self, *messages: Received) -> None:
        with self.changed:
            self.waiting.extend(messages)
            self.changed.notify_all()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        self.receives.append((most, wait_s, visibility_s))
        self._maybe_fail()
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.closed or self.faults, wait_s)
            self._maybe_fail()
            return [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]

    def delete(self, handles: Sequence[str]) -> None:
        self._maybe_fail()
        self.deleted += handles

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        self._maybe_fail()
        self.hidden += seconds_by_handle

    def _maybe_fail(self) -> None:
        with self.changed:
            if self.faults:
                raise self.faults.popleft()

    def fail_with(self, *faults: QueueFaultError) -> None:
        """Fail so often from now on, polls that are open included."""
        with self.changed:
            self.faults = deque(faults)
            self.changed.notify_all()


@dataclass
class FakeApi:
    """Claims, records and extends everything, unless a script says otherwise.

    A script holds, per call, a Failure for the whole call or outcomes by task number; the rest is as by default.
    """

    on_claim: Script = field(default_factory=deque)
    on_report: Script = field(default_factory=deque)
    on_heartbeat: Script = field(default_factory=deque)
    claims: list[tuple[str, list[int]]] = field(default_factory=list)
    reports: list[list[dict[str, Any]]] = field(default_factory=list)
    beats: list[list[dict[str, Any]]] = field(default_factory=list)

    def claim(self, claim_id: str, task_ids: Sequence[str]) -> Result[ClaimResults]:
        self.claims.append((claim_id, [number_of(ident) for ident in task_ids]))
        return _answer(self.on_claim, ClaimResults, task_ids, won)

    def report(self, results: Sequence[dict[str, Any]]) -> Result[ReportResults]:
        self.reports.append(list(results))
        ids = [result["id"] for result in results]
        return _answer(
            self.on_report, ReportResults, ids, lambda _: {"outcome": "recorded", "message": "delete"}
        )

    def heartbeat(self, beats: Sequence[dict[str, Any]]) -> Result[HeartbeatResults]:
        self.beats.append(list(beats))
        ids = [beat["id"] for beat in beats]
        return _answer(
            self.on_heartbeat, HeartbeatResults, ids, lambda _: {"outcome": "extended", "seconds": 60}
        )

    def reported(self) -> dict[int, dict[str, Any]]:
        """The last report of each task."""
        return {number_of(result["id"]): result for call in self.reports for result in call}


def _answer(
    script: Script, model: type[M], ids: Sequence[str], default: Callable[[int], Outcome]
) -> Result[M]:
    step = script.popleft() if script else {}
    if callable(step):
        step = step()
    if isinstance(step, Failure):
        return step
    outcomes = [{"id": ident, **step.get(number_of(ident), default(number_of(ident)))} for ident in ids]
    return Success(model.model_validate({"results": outcomes}))


@dataclass
class Bench:
    """A started worker with its two counterparts."""

    worker: Worker
    api: FakeApi
    queue: FakeQueue


def worker_on(
    handlers: Mapping[str, Handler] | Handlers,
    api: WorkApi,
    queues: Mapping[Priority, TaskQueue],
    *,
    concurrency: int = 10,
    lease_seconds: int | None = None,
    timing: Timing = FAST,
    service: StubService | None = None,
    **more: Any,
) -> Worker:
    """A worker that is not started; `more` are options of its own."""
    options = WorkerOptions("w-1", concurrency, lease_seconds, timing=timing, **more)
    session = (service or serving(answer(201, entry_json()))).session()
    return Worker(handlers, options, api, queues, session, CONFIG)


@contextmanager
def working(
    handlers: Mapping[str, Handler] | Handlers,
    *,
    api: FakeApi | None = None,
    queue: FakeQueue | None = None,
    middleware: Sequence[object] = (),
    **options: Any,
) -> Iterator[Bench]:
    """A worker of one queue that runs inside the block; nothing of it waits longer than the block."""
    api, queue = api or FakeApi(), queue or FakeQueue()
    worker = worker_on(handlers, api, {Priority.NORMAL: queue}, **options)
    for each in middleware:
        worker.middleware(each)
    worker.start()
    try:
        yield Bench(worker, api, queue)
    finally:
        worker.stop(0.0)
        queue.close()


def until(condition: Callable[[], object], timeout_s: float = 3.0) -> None:
    """Wait until `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.001)
