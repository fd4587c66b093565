"""The engine on memory ports, its queues and clocks, and the calls that are under way."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from foreman_contract.enums import MessageAction, RunStatus, TaskStatus
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.tasks import TaskState
from foreman_engine.domain.work import AnyWork, Work, WorkKind
from foreman_engine.memory.clock import ManualClock
from foreman_engine.memory.ids import seeded_ids
from foreman_engine.memory.keys import MemoryKeyStore
from foreman_engine.memory.messages import MemoryMessages
from foreman_engine.memory.outside_payloads import MemoryOutsidePayloads
from foreman_engine.memory.queue_watch import MemoryQueueWatch
from foreman_engine.memory.rate_windows import MemoryRateWindows
from foreman_engine.memory.run_data import MemoryRunDataStore
from foreman_engine.memory.runs import MemoryRunStore
from foreman_engine.memory.schedules import MemoryScheduleStore
from foreman_engine.memory.state import MemoryState
from foreman_engine.memory.tasks import MemoryTaskStore
from foreman_engine.service.ports import DueTask, Ports, TaskNotice
from tests.unit.engine.simulation.faults import Doing, Ended, Fault, Operation
from tests.unit.engine.simulation.watcher import Watcher

ORG: Final = "acme"
TASKS: Final = "foreman:tasks"
OWN: Final = "own:tasks"
"""A queue that an application keeps for its tasks without `enqueue`; Foreman sends nothing to it."""
REQUEST_MS: Final = 29_000
EVENT_MS: Final = 60_000
"""How long a request and an event may take before their process is killed."""


class ApiClock:
    """The API's clock: the true time, a little off."""

    def __init__(self, true: ManualClock) -> None:
        self.off_ms = 0
        self._true = true

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return self._true.now_ms() + self.off_ms


class LaggingTasks(MemoryTaskStore):
    """A task store whose due-index shows, while `lagging`, what it showed before."""

    def __init__(self, state: MemoryState) -> None:
        super().__init__(state)
        self.lagging = False
        self._shown: dict[int, list[DueTask]] = {}

    def due(self, shard: int, until_ms: int, limit: int) -> list[DueTask]:
        """What is due, or was."""
        if not self.lagging or shard not in self._shown:
            self._shown[shard] = super().due(shard, until_ms, limit)
        return self._shown[shard]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A task message in somebody's hands."""

    url: str
    receipt: str
    task_id: str


class World:
    """Everything there is. `perform` runs a use case, with or without a fault."""

    def __init__(self) -> None:
        self.true = ManualClock()
        self.clock = ApiClock(self.true)
        self.state = MemoryState(self.clock)
        self.messages = MemoryMessages(self.true)
        self.tasks = LaggingTasks(self.state)
        self.ports = Ports(
            runs=MemoryRunStore(self.state),
            tasks=self.tasks,
            run_data=MemoryRunDataStore(self.state),
            schedules=MemoryScheduleStore(self.state),
            keys=MemoryKeyStore(self.state),
            rate_windows=MemoryRateWindows(self.state),
            payloads=MemoryOutsidePayloads(self.state),
            messages=self.messages,
            clock=self.clock,
            ids=seeded_ids(),
            queue_watch=MemoryQueueWatch(self.messages),
        )
        self.watcher = Watcher(self.state, self.clock.now_ms())
        self.broken = False
        """Whether something was found: then the rest of the example says nothing."""
        self.stalled: list[Operation] = []
        self.dead: list[tuple[str, str]] = []
        self.dead_work: list[AnyWork] = []
        self.requests: list[tuple[str, Any]] = []
        """What workers ever asked, by the name of the use case."""
        self.numbers = count(1)

    def perform(
        self,
        name: str,
        use_case: Callable[[Ports], Any],
        *,
        request: Any = None,
        answered: Callable[[Any], None] = lambda _: None,
        fault: Fault | None = None,
        limit_ms: int = REQUEST_MS,
    ) -> Ended:
        """Run the use case until its end, or until it stands still."""
        doing = Doing(name, request, next(self.numbers))
        deadline = self.true.now_ms() + limit_ms
        operation = Operation(self.ports, self._see, doing, use_case, answered, deadline)
        return self._note(operation, operation.start(fault))

    def resume(self, index: int, fault: Fault | None) -> None:
        """Let one that stands still go on."""
        operation = self.stalled.pop(index % len(self.stalled))
        self._note(operation, operation.resume(fault))

    def _note(self, operation: Operation, ended: Ended) -> Ended:
        if ended is Ended.STALLED:
            self.stalled.append(operation)
        return ended

    def _see(self, doing: Doing, method: str, args: tuple[Any, ...]) -> None:
        try:
            if self.watcher.see(doing, method, args):
                self.check_messages()
        except AssertionError:
            self.broken = True
            raise

    def kill(self, before_ms: int | None = None) -> None:
        """Those that stand still die: all, or those whose deadline is over at `before_ms`."""
        for operation in list(self.stalled):
            if before_ms is None or operation.deadline_ms <= before_ms:
                self.stalled.remove(operation)
                operation.kill()

    def advance(self, ms: int) -> None:
        """Time goes on; whoever stood still for too long is killed."""
        self.kill(self.true.now_ms() + ms)
        self.true.advance(ms)
        self._note_time()

    def skew(self, off_ms: int) -> None:
        """The API's clock is this much off from now on: it may step back."""
        self.clock.off_ms = off_ms
        self._note_time()

    def _note_time(self) -> None:
        self.watcher.latest_ms = max(self.watcher.latest_ms, self.clock.now_ms())

    def url(self, queue: str) -> str:
        return self.messages.url(ORG, queue)

    def receive(self, queue: str, mask: int, visibility_ms: int) -> list[Delivery]:
        """Any visible messages of a queue, as the bits of `mask` say; the others are visible again at once."""
        url = self.url(queue)
        deliveries = []
        for index, got in enumerate(self.messages.receive(url, 100, visibility_ms)):
            if mask >> index & 1:
                deliveries.append(Delivery(url, got.receipt, json.loads(got.body)["taskId"]))
            else:
                self.messages.hide(url, got.receipt, 0)
        return deliveries

    def obey(self, delivery: Delivery, action: MessageAction | None, seconds: int | None) -> None:
        """Do with a message as the API says."""
        if action is MessageAction.DELETE:
            self.messages.delete(delivery.url, delivery.receipt)
        elif action is MessageAction.HIDE:
            self.messages.hide(delivery.url, delivery.receipt, (seconds or 0) * 1000)

    def bury(self) -> None:
        """Move what was received too often to the dead-letter queue."""
        self.dead += self.messages.take_dead()
        self.dead_work += self.messages.work.take_dead()

    def send_again(self, task: TaskState, queue: str) -> None:
        """Another copy of a task's message."""
        message = TaskMessage(task_id=task.id, run_id=task.run_id, org_id=task.org_id, type=task.type)
        self.messages.send_tasks(ORG, [TaskNotice(message, queue)])

    def check_messages(self) -> None:
        """Whatever waits for a message has one, or somebody who will send it."""
        self.bury()
        texts = [*self.messages.bodies(self.url(TASKS)), *(body for _, body in self.dead)]
        named = {json.loads(text)["taskId"] for text in texts}
        hints = [*self.messages.work.bodies(), *self.dead_work]
        for task in self.state.tasks.values():
            if self._waits(task):
                assert task.id in named or self._hinted(task, hints), f"nobody will look at {task}"

    def _waits(self, task: TaskState) -> bool:
        run = self.state.run(task.org_id, task.run_id)
        if not task.enqueue or task.due_at is not None or task.id in self.watcher.by_hand:
            return False
        if run is None or run.status is RunStatus.CANCELLED:
            return False
        if task.status is TaskStatus.RUNNING:
            return task.lease_until is not None
        return task.status in (TaskStatus.QUEUED, TaskStatus.RETRYING)

    def _hinted(self, task: TaskState, hints: list[AnyWork]) -> bool:
        run = self.state.run(task.org_id, task.run_id)
        assert run is not None
        return any(
            isinstance(hint, Work)
            and hint.run_id == task.run_id
            and (
                (hint.kind is WorkKind.SETTLE and hint.task_id == task.id)
                or (hint.kind is WorkKind.RETRY and hint.epoch == run.epoch and run.hold)
            )
            for hint in hints
        )
