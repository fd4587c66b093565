"""Calls made at once, for the same request: each thread knows which."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

Given = TypeVar("Given")
Answer = TypeVar("Answer")


def map_together(function: Callable[[Given], Answer], given: Iterable[Given], at_once: int) -> list[Answer]:
    """The function's answers, in order, worked out by up to `at_once` threads; the first error is raised."""
    with mapping(at_once) as together:
        return together(function, given)


class Together:
    """Threads that are ready."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def __call__(self, function: Callable[[Given], Answer], given: Iterable[Given]) -> list[Answer]:
        """The function's answers, in order; the first error is raised, and what has not begun by then never does."""
        # A context serves one thread at a time.
        started = [self._pool.submit(copy_context().run, function, each) for each in given]
        try:
            return [each.result() for each in started]
        finally:
            for each in started:
                each.cancel()


@contextmanager
def mapping(at_once: int) -> Iterator[Together]:
    """Threads for several rounds of calls."""
    with ThreadPoolExecutor(at_once) as pool:
        yield Together(pool)
