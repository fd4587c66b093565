"""Handlers for processes: importable, as such a handler must be."""

import ctypes
import os
import time
from dataclasses import dataclass
from typing import Any

from foreman_client import FailPermanently, RetryLater, Task, TaskContext


class OddError(Exception):
    """Does not survive being pickled."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


@dataclass
class Size:
    """Typed input, and output."""

    width: int
    height: int


def answers_where(task: Task, ctx: TaskContext) -> dict[str, Any]:
    return {"pid": os.getpid(), "attempt": ctx.attempt, "key": ctx.idempotency_key, "over": ctx.cancelled}


def turned(size: Size) -> Size:
    return Size(size.height, size.width)


def raises(task: Task) -> None:
    match task.input_data:
        case "later":
            raise RetryLater(12.5)
        case "never":
            raise FailPermanently("no")
        case "odd":
            raise OddError(1, 2)
        case _:
            raise KeyError("missing")


def dies(task: Task) -> None:
    if task.input_data == "exit":
        os._exit(3)
    ctypes.string_at(0)


def returns_a_set(task: Task) -> Any:
    return {1}


def sleeps(task: Task, ctx: TaskContext) -> None:
    ctx.progress({"pid": os.getpid()})
    time.sleep(60)
