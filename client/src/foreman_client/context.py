"""What a handler gets beside its task."""

import logging
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar

from foreman_client._http import Session
from foreman_client._json import depth, encode, escaped_size
from foreman_client._steps import Scope, Steps
from foreman_client.operations import run_data, tasks
from foreman_client.result import Result
from foreman_client.steering import TaskCancelled
from foreman_contract import limits
from foreman_contract.run_data import Entry
from foreman_contract.tasks import Dependency, Task

P = ParamSpec("P")
T = TypeVar("T")

Handler: TypeAlias = Callable[..., Any]
"""`def` or `async def`, called as `h(task)` or `h(task, ctx)` by its signature; what it returns is the task's output."""

_PROGRESS_LEVELS: Final = limits.MAX_NESTING - 3
"""A heartbeat wraps progress in an object, a list and an object."""
_TASK_LOGGER: Final = logging.getLogger("foreman_client.task")


class _TaskLogger(logging.LoggerAdapter[logging.Logger]):
    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **kwargs.get("extra", {})}
        return msg, kwargs


def _of_own_run(
    operation: Callable[Concatenate[Scope, str, P], Steps[Result[T]]],
) -> Callable[Concatenate["TaskContext", P], Result[T]]:
    def call(self: "TaskContext", /, *args: P.args, **kwargs: P.kwargs) -> Result[T]:
        return self.session.run(operation(self.session.scope, self.task.run_id, *args, **kwargs))

    call.__name__, call.__doc__ = operation.__name__, operation.__doc__
    return call


class TaskContext:
    """One attempt of one task, as its handler sees it. Safe to use from the handler's own threads.

    The run-data calls block: an `async def` handler wraps them in `asyncio.to_thread`.
    """

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
        self._fetching = threading.Lock()
        self._dependencies: list[Dependency] | None = None

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

    @property
    def dependencies(self) -> list[Dependency]:
        """What the task depends on, in the order of `depends_on`, with all outputs: `[each.output_data for each in ...]`.

        Fetched at the first use, in one request and one more for each output that had no room in it, and then kept. With
        a `fan_in` other than "all", or `allow_failure`, look at `status`: not all of them need have completed. It blocks:
        an `async def` handler says `await asyncio.to_thread(lambda: ctx.dependencies)`.

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

    def create_run_data(
        self,
        key: str,
        value: Any,
        tags: Sequence[str] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Result[Entry]:
        """Add an entry to the task's run in the task's name; the same key again adds another.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or not JSON.
        """
        steps = run_data.create_run_data(
            self.session.scope,
            self.task.run_id,
            task_id=self.task.id,
            key=key,
            value=value,
            tags=tags,
            metadata=metadata,
        )
        return self.session.run(steps)

    query_run_data = _of_own_run(run_data.query_run_data)


def _log_fields(task: Task) -> dict[str, object]:
    return {"task_id": task.id, "run_id": task.run_id, "task_type": task.type, "attempt": task.attempt}
