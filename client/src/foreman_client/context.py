"""What a handler gets beside its task."""

import asyncio
import hashlib
import itertools
import logging
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypedDict, TypeVar, Unpack

from foreman_client._http import Session
from foreman_client._json import depth, encode, escaped_size
from foreman_client._steps import Scope, Steps
from foreman_client.operations import run_data, tasks
from foreman_client.operations.graph_fields import FanIn
from foreman_client.operations.task_body import PriorityName
from foreman_client.result import Result
from foreman_client.steering import TaskCancelled
from foreman_client.task_run_data import AsyncTaskRunData, TaskRunData
from foreman_contract import limits
from foreman_contract.run_data import Entry
from foreman_contract.tasks import Dependency, RetryPolicy, Task

P = ParamSpec("P")
T = TypeVar("T")

Handler: TypeAlias = Callable[..., Any]
"""`def` or `async def`, called as `h(task)` or `h(task, ctx)` by its signature; what it returns is the task's output."""

_PROGRESS_LEVELS: Final = limits.MAX_NESTING - 3
"""A heartbeat wraps progress in an object, a list and an object."""
_TASK_LOGGER: Final = logging.getLogger("foreman_client.task")


class SpawnOptions(TypedDict, total=False):
    """What `spawn` takes besides type and input: the arguments of `enqueue_task` of the same names."""

    metadata: Mapping[str, Any]
    max_retries: int
    retry_policy: RetryPolicy
    timeout_seconds: int
    queue: str
    priority: PriorityName
    depends_on: Sequence[str]
    fan_in: FanIn
    allow_failure: bool


class _TaskLogger(logging.LoggerAdapter[logging.Logger]):
    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **kwargs.get("extra", {})}
        return msg, kwargs


class BaseContext:
    """What the contexts of all handlers have in common: nothing here waits for the network."""

    def __init__(
        self,
        task: Task,
        session: Session,
        cancelled: threading.Event,
        on_progress: Callable[[Any], None],
    ) -> None:
        self.task = task
        self.session = session
        self.logger = _TaskLogger(_TASK_LOGGER, _log_fields(task))
        self._cancelled = cancelled
        self._on_progress = on_progress

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self.task.attempt

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this task and for no other task: hand it to services that take such keys."""
        return self.task.id

    @property
    def cancelled(self) -> bool:
        """Whether the attempt is no longer this worker's; its result will not be reported, so stop."""
        return self._cancelled.is_set()

    def raise_if_cancelled(self) -> None:
        """Leave the handler when it should stop.

        Raises:
            TaskCancelled: the attempt is no longer this worker's.
        """
        if self.cancelled:
            raise TaskCancelled(f"attempt {self.attempt} of task {self.task.id} is over")

    def progress(self, value: Any) -> None:
        """Show how far the task is: any JSON value up to 4 KB, sent with the next heartbeat; the last one counts.

        Raises:
            TypeError, ValueError: it is not JSON, or larger.
        """
        if escaped_size(encode(value)) > limits.MAX_PROGRESS_BYTES:
            raise ValueError(f"progress is over {limits.MAX_PROGRESS_BYTES} bytes of JSON")
        if depth(value) > _PROGRESS_LEVELS:
            raise ValueError(f"progress is nested over {_PROGRESS_LEVELS} levels")
        self._on_progress(value)


def _of_own_run(
    operation: Callable[Concatenate[Scope, str, P], Steps[Result[T]]],
) -> Callable[Concatenate["TaskContext", P], Result[T]]:
    def call(self: "TaskContext", /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        return self.session.run(operation(self.session.scope, self.task.run_id, *args, **kwargs))

    call.__name__, call.__doc__ = operation.__name__, operation.__doc__
    return call


class TaskContext(BaseContext):
    """One attempt of one task, as its handler sees it. Safe to use from the handler's own threads.

    What asks the service blocks: an `async def` handler takes an `AsyncTaskContext` instead.
    """

    def __init__(
        self,
        task: Task,
        session: Session,
        cancelled: threading.Event,
        on_progress: Callable[[Any], None],
    ) -> None:
        super().__init__(task, session, cancelled, on_progress)
        self.run_data = TaskRunData(task, session)
        self._spawned = itertools.count(1)
        self._fetching = threading.Lock()
        self._dependencies: list[Dependency] | None = None

    @property
    def dependencies(self) -> list[Dependency]:
        """What the task depends on, in the order of `depends_on`, with all outputs: `[each.output_data for each in ...]`.

        Fetched at the first use, in one request and one more for each output that had no room in it, and then kept. With
        a `fan_in` other than "all", or `allow_failure`, look at `status`: not all of them need have completed. It blocks.

        Raises:
            ForemanError: the service did not answer, or refused; the next use asks again.
        """
        with self._fetching:
            if self._dependencies is None:
                self._dependencies = self._fetch_dependencies() if self.task.depends_on else []
            return list(self._dependencies)

    def _fetch_dependencies(self) -> list[Dependency]:
        scope = self.session.scope
        found = self.session.run(tasks.get_dependencies(scope, self.task.id)).unwrap()
        return [self._whole(each) if each.output_data_omitted else each for each in found]

    def _whole(self, dependency: Dependency) -> Dependency:
        task = self.session.run(tasks.get_task(self.session.scope, dependency.id)).unwrap()
        return dependency.model_copy(
            update={"status": task.status, "output_data": task.output_data, "output_data_omitted": None}
        )

    def spawn(
        self,
        type: str,  # noqa: A002 - the word of the wire
        input_data: Any,
        *,
        key: str | None = None,
        **options: Unpack[SpawnOptions],
    ) -> Result[Task]:
        """Enqueue a child of this task in its run, once, however many attempts this task takes.

        A later attempt that spawns under the same `key` is answered with the child that there is; without a key the
        n-th call of an attempt stands for the n-th call of every other. So a child's arguments must not change from one
        attempt to the next (the answer is then a `ConflictError`), and where their order may, give keys. The memory is
        the service's for idempotency keys: 24 hours.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not JSON.
        """
        return self.session.run(self._spawning(type, input_data, key, options))

    def _spawning(
        self, kind: str, input_data: Any, key: str | None, options: SpawnOptions
    ) -> Steps[Result[Task]]:
        name = f"number {next(self._spawned)}" if key is None else f"key {key}"
        digest = hashlib.sha256(f"{self.task.id} {name}".encode()).hexdigest()
        return tasks.enqueue_task(
            self.session.scope,
            run_id=self.task.run_id,
            type=kind,
            input_data=input_data,
            parent_task_id=self.task.id,
            idempotency_key=f"spawn-{digest}",
            **options,
        )

    def create_run_data(
        self,
        key: str,
        value: Any,
        tags: Sequence[str] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Result[Entry]:
        """As `run_data.create`.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not JSON.
        """
        return self.run_data.create(key, value, tags, metadata=metadata)

    query_run_data = _of_own_run(run_data.query_run_data)


class AsyncTaskContext(BaseContext):
    """One attempt of one task, as an `async def` handler sees it that annotates its second parameter with this class.

    What asks the service is awaited, and blocks no other coroutine.
    """

    def __init__(self, blocking: TaskContext) -> None:
        super().__init__(blocking.task, blocking.session, blocking._cancelled, blocking._on_progress)
        self.run_data = AsyncTaskRunData(blocking.task, blocking.session)
        self._blocking = blocking

    async def dependencies(self) -> list[Dependency]:
        """As `TaskContext.dependencies`.

        Raises:
            ForemanError: the service did not answer, or refused; the next call asks again.
        """
        return await asyncio.to_thread(lambda: self._blocking.dependencies)

    async def spawn(
        self,
        type: str,  # noqa: A002 - the word of the wire
        input_data: Any,
        *,
        key: str | None = None,
        **options: Unpack[SpawnOptions],
    ) -> Result[Task]:
        """As `TaskContext.spawn`. Calls without a key are numbered in the order in which they begin.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not JSON.
        """
        steps = self._blocking._spawning(type, input_data, key, options)
        return await asyncio.to_thread(self.session.run, steps)


def _log_fields(task: Task) -> dict[str, object]:
    return {"task_id": task.id, "run_id": task.run_id, "task_type": task.type, "attempt": task.attempt}
