"""What a worker can do: its handlers, understood, and the middleware around them. Closed when it starts."""

from collections.abc import Iterator
from typing import Final

from foreman_client.context import TaskContext
from foreman_client.handlers import Handlers, Registration
from foreman_client.middleware import checked
from foreman_client.worker.calls import Call, Place, call_of, pickled
from foreman_contract.tasks import Task


class Book:
    """Handlers by type. Iterating over it answers the types."""

    def __init__(self, handlers: Handlers) -> None:
        self.middleware: Final[list[object]] = []
        self._handlers = Handlers()
        self._calls: dict[str, Call] = {}
        self._pickled: dict[str, bytes] = {}
        self._closed = False
        for registration in handlers:
            self.add(registration)

    def add(self, registration: Registration) -> None:
        """Add a handler.

        Raises:
            RuntimeError: the worker has started.
            TypeError, ValueError: it cannot be a handler, or its type has one already.
        """
        self._check_open()
        self._handlers.add(registration)
        self._calls[registration.type] = call_of(registration)

    def add_middleware(self, middleware: object) -> None:
        """Add middleware, inside of what was added before.

        Raises:
            RuntimeError: the worker has started.
            TypeError: it has none of the methods.
        """
        self._check_open()
        self.middleware.append(checked(middleware))

    def close(self) -> None:
        """Take no more.

        Raises:
            ValueError: there is no handler.
            TypeError: one that is to run in a process has no name to be imported by.
        """
        if not self._calls:
            raise ValueError("a worker needs at least one handler")
        in_processes = [kind for kind, call in self._calls.items() if call.place is Place.PROCESS]
        self._pickled = {kind: pickled(self._calls[kind]) for kind in in_processes}
        self._closed = True

    def call(self, kind: str) -> Call:
        """The handler of the type, or one that fails: a record may be of another type than its message said."""
        return self._calls.get(kind, _NO_CALL)

    def pickled(self, kind: str) -> bytes:
        """The handler of a type that runs in processes, by its name."""
        return self._pickled[kind]

    def bounds(self) -> dict[str, int]:
        """The types that are bounded, with how many of each may run at once."""
        return {kind: call.concurrency for kind, call in self._calls.items() if call.concurrency is not None}

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, kind: object) -> bool:
        return kind in self._calls

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("handlers and middleware are added before the worker starts")


def _no_handler(task: Task, ctx: TaskContext) -> None:  # noqa: ARG001 - a handler like any other
    raise LookupError(f"no handler for tasks of type {task.type!r}, whatever the message said")


_NO_CALL: Final = call_of(Registration("", _no_handler))
