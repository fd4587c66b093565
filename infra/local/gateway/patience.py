"""Waiting for a function no longer than API Gateway would."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeAlias, TypeVar

T = TypeVar("T")
_Jobs: TypeAlias = "SimpleQueue[Callable[[], None] | None]"


class Patience:
    """Calls functions on threads that stand ready: starting one for each call would cost a tenth of the call."""

    def __init__(self) -> None:
        """Begin without threads; there will be as many as calls were ever under way at once."""
        self._idle: deque[_Jobs] = deque()

    def call(self, function: Callable[[], T], seconds: float) -> T:
        """What the function answers or raises. When time is up it goes on unheard, as in Lambda.

        Raises:
            TimeoutError: it did not answer in time.
        """
        answers: SimpleQueue[Future[T]] = SimpleQueue()
        jobs = self._ready()
        jobs.put(lambda: answers.put(_outcome(function)))
        try:
            outcome = answers.get(timeout=seconds)
        except Empty:
            jobs.put(None)  # whenever it comes back, nobody has work for it
            raise TimeoutError from None
        self._idle.append(jobs)
        return outcome.result()

    def _ready(self) -> _Jobs:
        try:
            return self._idle.pop()
        except IndexError:
            jobs: _Jobs = SimpleQueue()
            threading.Thread(target=_work, args=(jobs,), name="function", daemon=True).start()
            return jobs


def _outcome(function: Callable[[], T]) -> "Future[T]":
    outcome: Future[T] = Future()
    try:
        outcome.set_result(function())
    except BaseException as error:
        outcome.set_exception(error)
    return outcome


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job()
