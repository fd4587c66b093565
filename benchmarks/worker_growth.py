"""Whether a worker grows: `python -m benchmarks.worker_growth [tasks]`, 50,000 by default.

The worker is real; the service and the queues behind it are answered from this process and keep nothing.
"""

import gc
import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from foreman_client import ForemanConfig, Result, Success, Task
from foreman_client._http import open_session
from foreman_client.worker import Worker
from foreman_client.worker.options import Timing, WorkerOptions
from foreman_client.worker.queue import Received
from foreman_contract.enums import Priority
from foreman_contract.work import ClaimResults, HeartbeatResults, ReportResults

CONCURRENCY: Final = 10
_RUN: Final = "01890000-0000-7000-8000-000000000001"
_CONFIG: Final = ForemanConfig("http://foreman.invalid", "fmn_dev_acme_none")


@dataclass(frozen=True, slots=True)
class Size:
    """What a process holds. `objects` are those that Python's collector knows, `rss_bytes` the resident set."""

    tasks: int
    threads: int
    files: int
    objects: int
    rss_bytes: int


class EndlessQueue:
    """Has messages of two types in turn, as many as there are tasks."""

    def __init__(self, numbers: "itertools.count[int]", most: int) -> None:
        self._numbers = numbers
        self._most = most
        self._lock = threading.Lock()

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:  # noqa: ARG002 - a TaskQueue
        """Up to `most` messages; a pause instead of a long poll when there are no more."""
        with self._lock:
            taken = list(
                itertools.takewhile(lambda n: n <= self._most, itertools.islice(self._numbers, most))
            )
        if not taken:
            time.sleep(0.01)
        return [Received(_message(number), f"h{number}") for number in taken]

    def delete(self, handles: Sequence[str]) -> None:
        """Nothing is kept, so nothing is to be deleted."""

    def hide(self, seconds_by_handle: Sequence[tuple[str, int]]) -> None:
        """Nothing comes back."""


class AgreeingApi:
    """Claims, records and extends everything; counts what was recorded."""

    def __init__(self) -> None:
        self.recorded = 0

    def claim(self, claim_id: str, task_ids: Sequence[str]) -> Result[ClaimResults]:  # noqa: ARG002 - a WorkApi
        """Everything is won."""
        results = [
            {"id": each, "outcome": "claimed", "task": _task(each), "seconds": 60} for each in task_ids
        ]
        return Success(ClaimResults.model_validate({"results": results}))

    def report(self, results: Sequence[dict[str, Any]]) -> Result[ReportResults]:
        """Everything is recorded."""
        self.recorded += len(results)
        told = [{"id": each["id"], "outcome": "recorded", "message": "delete"} for each in results]
        return Success(ReportResults.model_validate({"results": told}))

    def heartbeat(self, beats: Sequence[dict[str, Any]]) -> Result[HeartbeatResults]:
        """Everything is extended."""
        told = [{"id": each["id"], "outcome": "extended", "seconds": 60} for each in beats]
        return Success(HeartbeatResults.model_validate({"results": told}))


def in_thread(task: Task) -> dict[str, str]:
    """Do nothing."""
    return {"id": task.id}


async def on_loop(task: Task) -> dict[str, str]:
    """Do nothing, in a coroutine."""
    return {"id": task.id}


def measure(looks: Sequence[int]) -> list[Size]:
    """Run as many tasks as the last look says, and measure after each."""
    api, numbers = AgreeingApi(), itertools.count(1)
    queue = EndlessQueue(numbers, looks[-1])
    options = WorkerOptions("growth", CONCURRENCY, None, timing=Timing(receive_wait_s=0))
    session = open_session(_CONFIG)
    handlers = {"thread": in_thread, "loop": on_loop}
    worker = Worker(handlers, options, api, dict.fromkeys(Priority, queue), session, _CONFIG)
    worker.start()
    sizes = []
    try:
        for look in looks:
            while api.recorded < look:
                time.sleep(0.005)
            sizes.append(_size(api.recorded))
    finally:
        worker.stop(5)
        session.close()
    return sizes


def _size(tasks: int) -> Size:
    gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    files = len(os.listdir("/proc/self/fd"))
    return Size(
        tasks, threading.active_count(), files, len(gc.get_objects()), pages * os.sysconf("SC_PAGE_SIZE")
    )


def _message(number: int) -> str:
    kind = "loop" if number % 2 else "thread"
    return json.dumps({"taskId": _id(number), "runId": _RUN, "orgId": "acme", "type": kind, "v": 1})


def _id(number: int) -> str:
    return f"01890000-0000-8000-8000-{number:012d}"


def _task(ident: str) -> dict[str, Any]:
    return {
        "id": ident,
        "runId": _RUN,
        "orgId": "acme",
        "type": "loop" if int(ident[-12:]) % 2 else "thread",
        "status": "running",
        "inputData": {"text": ident * 20},
        "priority": "normal",
        "retryCount": 0,
        "maxRetries": 3,
        "attempt": 1,
        "createdAt": 1,
        "updatedAt": 1,
    }


def main() -> None:
    """Print what the process holds after a fifth of the tasks and after all."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    began, cpu = time.monotonic(), time.process_time()
    for size in measure([tasks // 5, tasks * 2 // 5, tasks]):
        print(
            f"{size.tasks:8} tasks: {size.threads:3} threads, {size.files:3} files, {size.objects:7} objects, {size.rss_bytes / 2**20:7.1f} MB"
        )
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    print(f"{tasks / took:.0f} tasks/s, {cpu / tasks * 1000:.2f} ms of CPU per task without network")


if __name__ == "__main__":
    main()
