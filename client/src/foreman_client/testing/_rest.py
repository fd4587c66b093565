"""What is still waiting once nothing more happens, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from foreman_client.testing._worker import ConductedWorker
from foreman_contract.enums import TaskStatus
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.tasks import TaskState
from foreman_engine.memory.build import MemoryPorts
from foreman_engine.service.indexes import TaskIndex

_OPEN: Final = (TaskStatus.PENDING, TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.RETRYING)
_MOST: Final = 10_000
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that has not ended, and `reason`: what it waits for, in words."""

    id: str
    run_id: str
    type: str
    status: TaskStatus
    reason: str

    def __str__(self) -> str:
        return f"{self.type} ({self.status}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Rest:
    """How everything came to rest: how much virtual time has passed, and what has not ended.

    True when everything has ended, so that a test may `assert foreman.run_until_idle()`; its text names what has not.
    """

    passed_s: float
    waiting: tuple[WaitingTask, ...]

    def __bool__(self) -> bool:
        return not self.waiting

    def __str__(self) -> str:
        return "\n- ".join([self._head(), *map(str, self.waiting)])

    def __repr__(self) -> str:
        return "; ".join([self._head(), *map(str, self.waiting)])

    def _head(self) -> str:
        if not self.waiting:
            return f"everything has ended after {self.passed_s:g} s"
        number = "1 task has" if len(self.waiting) == 1 else f"{len(self.waiting)} tasks have"
        return f"{number} not ended after {self.passed_s:g} s"


def waiting_tasks(
    ports: MemoryPorts, org_id: str, workers: Sequence[ConductedWorker]
) -> tuple[WaitingTask, ...]:
    """Every task of the organization that has not ended, in the order of creation."""
    messages = _Messages(ports, workers)
    found = sorted(_open_tasks(ports, org_id), key=lambda task: (task.created_at, task.id))
    return tuple(
        WaitingTask(task.id, task.run_id, task.type, task.status, messages.reason(task)) for task in found
    )


def _open_tasks(ports: MemoryPorts, org_id: str) -> Iterator[TaskState]:
    for status in _OPEN:
        rows = ports.tasks.rows(org_id, TaskIndex(status), _MOST, None, ascending=True)
        for at in range(0, len(rows), _BATCH):
            yield from ports.tasks.get(org_id, [row.id for row in rows[at : at + _BATCH]]).values()


class _Messages:
    def __init__(self, ports: MemoryPorts, workers: Sequence[ConductedWorker]) -> None:
        self._ports = ports
        self._workers = workers

    def reason(self, task: TaskState) -> str:
        if task.waits:
            number = "1 task" if len(task.depends_on) == 1 else f"{len(task.depends_on)} tasks"
            return f"waits for what it depends on ({number})"
        if task.status is TaskStatus.RUNNING:
            return self._why_running(task)
        if not task.enqueue:
            return "was recorded without a message: whoever created it must run and update it"
        if task.available_at is not None and (left := self._left_s(task.available_at)) > 0:
            return f"must not start for another {left:g} s"
        return self._why_queued(task)

    def _why_running(self, task: TaskState) -> str:
        if task.lease_until is None:
            return "is being run outside of any worker: whoever set it running must update it"
        left = max(0.0, self._left_s(task.lease_until))
        return (
            f"attempt {task.attempt} of worker {task.worker_id} has not ended; its lease ends in {left:g} s"
        )

    def _why_queued(self, task: TaskState) -> str:
        url = self._ports.messages.url(task.org_id, task.queue, task.priority)
        if not any(worker.handles(task.type, url) for worker in self._workers):
            return f"no worker here has a handler for {task.type!r} on queue {task.queue} ({task.priority})"
        visible = [at for at, body in self._ports.messages.upcoming(url) if _task_id(body) == task.id]
        left = max(0.0, self._left_s(min(visible))) if visible else 0.0
        return f"its message comes in {left:g} s" if left else "its message lies on the queue"

    def _left_s(self, at: int) -> float:
        return (at - self._ports.clock.now_ms()) / 1000


def _task_id(body: str) -> str:
    return TaskMessage.model_validate_json(body).task_id
