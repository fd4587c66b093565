"""The in-memory Foreman: the engine, a virtual clock, and the SDK in front of them."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, Unpack

from foreman_client._stand_ins import Queues, StandIn, Surroundings, put_in
from foreman_client.client import Foreman, initialize_foreman_client
from foreman_client.config import ForemanConfig, QueueNames
from foreman_client.testing._clock import VirtualClock, checked_span
from foreman_client.testing._conductor import Conductor
from foreman_client.testing._faults import Failing, Faults
from foreman_client.testing._gone import gone
from foreman_client.testing._machinery import Machinery
from foreman_client.testing._options import WorkerArguments
from foreman_client.testing._queues import MemoryResultQueue
from foreman_client.testing._rest import Rest, waiting_tasks
from foreman_client.testing._service import MemoryService
from foreman_client.testing._worker import ConductedWorker
from foreman_client.worker.options import WorkerOptions
from foreman_client.worker.pace import Pace
from foreman_contract.service import Config
from foreman_contract.tasks import Task
from foreman_engine.memory.build import memory_ports
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.keys import create_key

if TYPE_CHECKING:
    from foreman_client.async_client import Connecting
    from foreman_client.context import Handler
    from foreman_client.handlers import Handlers
    from foreman_client.worker import Worker

STAGE: Final = "test"
ORG: Final = "test"
_DAY_S: Final = 86_400.0
_JOIN_S: Final = 5.0
_OVER: Final = "this in-memory Foreman is over: its with block has ended"


@cache
def _numbers() -> Iterator[int]:
    return count(1)


class ForemanTest:
    """An in-memory Foreman for tests: `with ForemanTest() as foreman:`, or the pytest fixture `foreman`.

    It is the service's own engine behind the whole SDK, without AWS, sockets or waiting. `client` is a `Foreman`, and `config`
    is for whatever takes one: the module-level functions, `aio`, `initialize_foreman_client` in the application's own code.
    Time is `clock`'s and passes only when somebody lets it pass: `run_until_idle`, `clock.advance`, `client.wait_for_run`
    and the like. Then workers work, one handler at a time, in an order that only `seed` decides.

    `queues` are the names in `config`. `patience_s` is how long, in real seconds, a handler may run before the test is
    failed with a `StuckError`.
    """

    def __init__(self, *, seed: int = 0, queues: QueueNames | None = None, patience_s: float = 30.0) -> None:
        manual = ManualClock()
        self._ports = memory_ports(manual, stage=STAGE, seed=seed)
        self._faults = Faults()
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._conductor = Conductor(manual, Machinery(self._ports, STAGE), patience_s, seed)
        self._service = MemoryService(self._ports, STAGE, self._faults)
        self._workers: list[ConductedWorker] = []
        self._doomed: set[str] = set()
        self._client: Foreman | None = None
        _, api_key = create_key(self._ports, ORG, STAGE, unlimited=True)
        endpoint = f"http://foreman-{next(_numbers())}.test"
        self.config: Final = ForemanConfig(endpoint, api_key, queues=queues or QueueNames())
        self.clock: Final = VirtualClock(self._conductor)

    def __enter__(self) -> Self:
        """Put it in place: from now on its endpoint leads here, in this process."""
        if self._service.closed:
            raise RuntimeError("an in-memory Foreman is used once; make another")
        put_in(self.config.endpoint, self._stand_in())
        self._client = initialize_foreman_client(self.config)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every worker and end every thread; calls fail from now on."""
        self._conductor.close()
        for worker in self._workers:
            worker.stop(0.0)
        for worker in self._workers:
            worker.join(_JOIN_S)
        if self._client is not None:
            self._client.close()
        self._service.closed = True
        put_in(self.config.endpoint, gone())

    @property
    def client(self) -> Foreman:
        """The blocking client of `config`.

        Raises:
            RuntimeError: the `with` block has not been entered, or has ended.
        """
        if self._service.closed:
            raise RuntimeError(_OVER)
        if self._client is None:
            raise RuntimeError("use it in a with block: with ForemanTest() as foreman")
        return self._client

    def async_client(self) -> "Connecting":
        """The async client of `config`, as `initialize_async_foreman_client` gives it: `async with`, or await it."""
        from foreman_client.async_client import initialize_async_foreman_client

        return initialize_async_foreman_client(self.config)

    def worker(
        self,
        handlers: "Mapping[str, Handler] | Handlers | None" = None,
        **options: Unpack[WorkerArguments],
    ) -> "Worker":
        """A worker that starts by itself as soon as time passes; arguments as for `Foreman.create_worker`.

        Until then `@worker.task(...)` and `worker.middleware(...)` add to it. `concurrency` is 1 unless given; with more, a
        handler that sleeps in virtual time lets others begin meanwhile. So that tests repeat, its `worker_id` is "worker-1"
        for the first, and so on.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or out of range.
        """
        given: WorkerArguments = {
            "concurrency": 1,
            "worker_id": f"worker-{len(self._workers) + 1}",
            **options,
        }
        worker = self.client.create_worker(handlers, **given)
        if isinstance(worker, ConductedWorker):
            self._conductor.players.append(worker)
        return worker

    def run_until_idle(self, *workers: "Worker", max_seconds: float = _DAY_S) -> Rest:
        """Let everything happen that can, and answer what is still waiting, and why.

        Workers take tasks until there are none; when nobody can do anything, the clock jumps to the next instant at
        which something can: a delay, a retry, a lease that ends, a handler that wakes. `workers` that have not been
        started are. It ends when nothing is left to happen, or would only after `max_seconds` of virtual time. Schedules fire
        on the way, but are not waited for, as they fire for ever: `clock.advance` lets them.

        Raises:
            StuckError: a handler did not come back.
            RestlessError: at one instant there is always more to do.
            RuntimeError: it is called inside a handler: `clock.sleep` is for those. Or the `with` block has ended.
            ValueError: `max_seconds` is negative, infinite or no number.
        """
        bound_ms = round(checked_span(max_seconds) * 1000)
        for worker in workers:
            if isinstance(worker, ConductedWorker):
                worker.prepare()
        began_at = self.clock.now_ms()
        if not self._conductor.drive(began_at + bound_ms, to_the_end=False):
            busy = "somebody else lets time pass already; inside a handler use clock.sleep"
            raise RuntimeError(_OVER if self._service.closed else busy)
        begun = [worker for worker in self._workers if worker.has_begun()]
        passed_s = (self.clock.now_ms() - began_at) / 1000
        return Rest(passed_s, waiting_tasks(self._ports, ORG, begun))

    def fail_next(
        self, operation: str, failure: Failing = 503, *, times: int = 1, acted: bool = False
    ) -> None:
        """Have the next calls of an operation fail, each try of the SDK being one call.

        `operation` is the name of the client's method, such as `"create_task"` (`enqueue_task` is the same call), one of
        `"claim"`, `"report"` and `"heartbeat"`, or `"*"`. `failure` is a status, or `"connection"` or `"timeout"` for no answer at
        all; with `acted` the service did what it was asked, and only the answer was lost.

        The SDK retries as ever, in virtual time: what an application shall see must fail more often than
        `ForemanConfig.max_retries`, or for good (see `failing`), or be no fault that passes, such as 409.

        Raises:
            ValueError: there is no such operation or failure.
        """
        self._faults.plan(operation, failure, times, acted=acted)

    @contextmanager
    def failing(self, operation: str, failure: Failing = 503, *, acted: bool = False) -> Iterator[None]:
        """Inside the block every call of the operation fails; arguments as for `fail_next`.

        Raises:
            ValueError: there is no such operation or failure.
        """
        plan = self._faults.plan(operation, failure, None, acted=acted)
        try:
            yield
        finally:
            self._faults.drop(plan)

    def lose(self, task: Task | str) -> None:
        """Have the worker of a task die: its attempt that runs now, or else its next one, is never reported.

        Called before the attempt, its handler is not called at all. To die at a certain point, a handler, or what it calls,
        raises `WorkerDied`. The task is given to a worker again when the lease has run out.

        Raises:
            ValueError: there is no such task.
        """
        task_id = task if isinstance(task, str) else task.id
        if not self._ports.tasks.get(ORG, [task_id]):
            raise ValueError(f"there is no task {task_id!r}")
        lost = [worker for worker in self._workers if worker.lose(task_id)]
        if not lost:
            self._doomed.add(task_id)

    def _stand_in(self) -> StandIn:
        conductor = self._conductor
        surroundings = Surroundings(
            self._service,
            self._service,
            conductor.sleep,
            conductor.sleep_async,
            conductor.monotonic,
            self._random.random,
        )
        return StandIn(surroundings, Queues(self._open_results, self._create_worker))

    def _open_results(self, settings: Config) -> MemoryResultQueue:
        return MemoryResultQueue(self._ports.messages, settings.queues.result_queue_url, self._conductor)

    def _create_worker(
        self, handlers: "Mapping[str, Handler] | Handlers", options: WorkerOptions, client: Foreman
    ) -> ConductedWorker:
        conductor = self._conductor
        pace = Pace(conductor.monotonic, self._random.random, conductor.wait, conductor.freed)
        messages = self._ports.messages
        worker = ConductedWorker(handlers, options, client, messages, conductor, pace, self._doomed)
        self._workers.append(worker)
        return worker
