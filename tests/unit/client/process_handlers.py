"""Handlers for processes: importable, as such a handler must be."""

import ctypes
import fcntl
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foreman_client import FailPermanently, RetryLater, Task, TaskContext


class OddError(Exception):
    """Does not survive being pickled."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


class RejectedError(FailPermanently):
    """Does not survive being pickled either."""

    def __init__(self, order: int, *, by: str) -> None:
        super().__init__(f"order {order} is rejected by {by}")


class BusyError(RetryLater):
    """Nor does this."""

    def __init__(self, *, place: str) -> None:
        super().__init__(7.5, f"{place} is busy")


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
        case "rejected":
            raise RejectedError(1, by="Ada")
        case "busy":
            raise BusyError(place="the kiln")
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


def holds(task: Task) -> None:
    with Path(task.input_data).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        time.sleep(60)


def is_told_to_end(task: Task) -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    return "went on"
