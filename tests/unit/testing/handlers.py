"""Handlers that another process can import."""

from foreman_client import Task, TaskContext
from foreman_client.testing import WorkerDied


def double(task: Task, ctx: TaskContext) -> int:
    """Writes run data, spawns a child, and tells its progress, all from a process of its own."""
    ctx.run_data.create("seen", task.input_data, tags=["process"]).unwrap()
    ctx.spawn("child", task.input_data).unwrap()
    ctx.progress({"half": True})
    return int(task.input_data) * 2


def die_once(_: Task, ctx: TaskContext) -> int:
    if ctx.attempt == 1:
        raise WorkerDied
    return ctx.attempt


def tell_missing(_: Task, ctx: TaskContext) -> str:
    """The code of a failure that crossed to the process."""
    result = ctx.run_data.update_tags("0190c5c8-0000-7000-8000-000000000000", add=["x"])
    return "" if result.success else result.error.code
