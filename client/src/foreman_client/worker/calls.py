"""A handler, understood once: where it runs and what it is called with."""

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from foreman_client.context import AsyncTaskContext, Handler, TaskContext
from foreman_client.handlers import Registration
from foreman_client.worker.inputs import reader_of
from foreman_client.worker.signatures import annotation, is_async, signature_of, takes_context
from foreman_contract.tasks import Task


class Place(Enum):
    """Where a handler runs."""

    THREAD = auto()
    """`def`: in a thread, which it may block."""
    LOOP = auto()
    """`async def`: on the worker's event loop, beside all others."""
    PROCESS = auto()
    """`process=True`: in a process of its own, killed when the attempt is over early."""


@dataclass(frozen=True, slots=True)
class Call:
    """A handler ready to be called. `concurrency` bounds its tasks, None: only by the worker's slots."""

    handler: Handler
    place: Place
    concurrency: int | None
    read: Callable[[Task], Any]
    with_context: bool
    async_context: bool

    def __call__(self, context: TaskContext | AsyncTaskContext) -> Any:
        """Call the handler; a coroutine for an `async def`.

        Raises:
            InvalidInputError: the input does not fit its annotation.
        """
        argument = self.read(context.task)
        return self.handler(argument, context) if self.with_context else self.handler(argument)


def call_of(registration: Registration) -> Call:
    """The handler as a call.

    Raises:
        TypeError: it can be called neither as `h(task)` nor as `h(task, ctx)`, an annotation means nothing here, or it
            cannot run in a process.
    """
    handler = registration.handler
    place = _place(registration)
    signature = signature_of(handler)
    if signature is None:
        return Call(handler, place, _concurrency(registration), lambda task: task, False, False)
    with_context = takes_context(handler, signature)
    wants_async = with_context and annotation(handler, signature, 1) is AsyncTaskContext
    if wants_async and place is not Place.LOOP:
        raise TypeError(f"{handler!r} is no async def, so its context is a TaskContext")
    read = reader_of(annotation(handler, signature, 0))
    return Call(handler, place, _concurrency(registration), read, with_context, wants_async)


def pickled(call: Call) -> bytes:
    """The handler by its name, for another process to import.

    Raises:
        TypeError: it has no such name.
    """
    try:
        return pickle.dumps(call.handler)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"{call.handler!r} cannot run in a process: it must be a function at the top of a module ({error})"
        ) from error


def _place(registration: Registration) -> Place:
    if not registration.process:
        return Place.LOOP if is_async(registration.handler) else Place.THREAD
    if is_async(registration.handler):
        raise TypeError(f"{registration.handler!r}: process=True takes a def, not an async def")
    return Place.PROCESS


def _concurrency(registration: Registration) -> int | None:
    """For a process as many as there are CPUs, unless told otherwise."""
    if registration.concurrency is None and registration.process:
        return os.cpu_count() or 1
    return registration.concurrency
