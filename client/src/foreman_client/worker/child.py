"""The process side of a handler in a process: one attempt after the other, until the worker hangs up."""

import asyncio
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

from foreman_client._arguments import JsonObject
from foreman_client._http import session_for
from foreman_client.config import ForemanConfig
from foreman_client.context import TaskContext
from foreman_client.handlers import Registration
from foreman_client.steering import FailPermanently, RetryLater
from foreman_client.worker.calls import Call, call_of
from foreman_client.worker.executor import Returned, Unfit, called, calls, checked
from foreman_client.worker.relay import Line, relay
from foreman_contract.tasks import Task


@dataclass(frozen=True)
class Job:
    """One attempt: the handler by its name, the task in its wire form."""

    handler: bytes
    task: JsonObject


@dataclass(frozen=True)
class Progress:
    """What the handler told of its progress."""

    value: Any


@dataclass(frozen=True)
class RaisedThere:
    """What the handler raised: pickled, where the exception (or what it says to do) survives that, and in words."""

    pickled: bytes | None
    type: str
    message: str
    trace: str


def serve(
    connection: "Connection[Any, Any]", config: ForemanConfig, max_payload_bytes: int, relayed: bool
) -> None:
    """Answer each job with any number of `Progress`, and then `Returned`, `Unfit` or `RaisedThere`.

    `relayed`: the config's endpoint stands in the worker's process, so requests are questions to it.
    """
    line = Line(connection)
    if relayed:
        relay(config.endpoint, line)
    # Ctrl-C reaches the whole group of the terminal; whether a handler may finish is for the worker to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_worker, name="foreman-worker-watch", daemon=True).start()
    while True:
        try:
            job: Job = connection.recv()
            with _undisturbed():
                connection.send(_answer(line, job, config, max_payload_bytes))
        except (EOFError, OSError):  # the worker is gone, or wants no more
            return


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Outlive a SIGTERM, which service managers send to all processes of a service: the worker kills whom it means.

    Heard by a function, since programs that a handler starts would inherit SIG_IGN.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end_with_worker() -> None:
    """End when the worker does. One that was killed kills nothing itself, and its tasks go to other workers."""
    worker = multiprocessing.parent_process()
    if worker is not None:
        worker.join()
        os._exit(1)


def _answer(
    line: Line, job: Job, config: ForemanConfig, max_payload_bytes: int
) -> Returned | Unfit | RaisedThere:
    def tell(value: Any) -> None:
        line.tell(Progress(value))

    task = Task.model_validate(job.task)
    try:
        context = TaskContext(task, session_for(config), threading.Event(), tell)
        outcome = called(calls(_call(job.handler, task.type), context), asyncio.run)
    except BaseException as error:
        return _raised(error)
    fit = checked(outcome, max_payload_bytes)
    return fit if isinstance(fit, Returned | Unfit) else _raised(fit.error)


@lru_cache(maxsize=64)
def _call(handler: bytes, kind: str) -> Call:
    return call_of(Registration(kind, pickle.loads(handler)))  # noqa: S301 - the worker's own words


def _raised(error: BaseException) -> RaisedThere:
    trace = "".join(traceback.format_exception(error))
    pickled = _pickled(error) or _pickled(_steering(error))
    return RaisedThere(pickled, type(error).__name__, _text(error), trace)


def _steering(error: BaseException) -> BaseException | None:
    """What the exception says to do with the task, without what makes it special."""
    match error:
        case FailPermanently():
            return FailPermanently(_text(error))
        case RetryLater(delay_s=delay_s):
            return RetryLater(delay_s, _text(error))
    return None


def _pickled(error: BaseException | None) -> bytes | None:
    """The exception, if it comes back the same from being pickled: many do not, by their signature."""
    if error is None:
        return None
    try:
        text = pickle.dumps(error)
        return text if type(pickle.loads(text)) is type(error) else None  # noqa: S301 - its own words
    except Exception:
        return None


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its own text could not be made)"
