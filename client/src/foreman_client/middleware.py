"""What runs around every handler of a worker."""

from typing import Any

from foreman_client.context import AsyncTaskContext, TaskContext
from foreman_contract.tasks import Task


class Middleware:
    """Does nothing; a middleware is an object with some of these methods, each `def` or `async def`.

    They run where the handler runs: in its thread, or on the event loop, which a `def` then must not block; around a
    handler in a process, in the worker's thread that waits for it. `ctx` is what the handler gets.
    """

    def before(self, task: Task, ctx: TaskContext | AsyncTaskContext) -> Any:
        """Called before the handler, in the order in which middleware was added; raising fails the attempt, unstarted."""

    def after(self, task: Task, ctx: TaskContext | AsyncTaskContext, output: Any) -> Any:
        """Called with what the handler returned, in reverse order; raising fails the attempt."""

    def on_failure(self, task: Task, ctx: TaskContext | AsyncTaskContext, error: BaseException) -> Any:
        """Called with what was raised, in reverse order, if its `before` had returned; what this raises is only logged."""


def checked(middleware: object) -> object:
    """The object, if it has any of the methods.

    Raises:
        TypeError: it has none of them, or is a class.
    """
    names = ("before", "after", "on_failure")
    if isinstance(middleware, type) or not any(callable(getattr(middleware, name, None)) for name in names):
        raise TypeError(f"middleware is an object with any of the methods {', '.join(names)}")
    return middleware
