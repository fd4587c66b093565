"""Cutting a list into calls that the service takes."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(
    items: Sequence[T], most: int, size: Callable[[T], int], most_bytes: int
) -> Iterator[Sequence[T]]:
    """The items in order, in pieces of at most `most` items and, unless one item alone is larger, `most_bytes`."""
    start, used = 0, 0
    for index, item in enumerate(items):
        needed = size(item)
        if index > start and (index - start == most or used + needed > most_bytes):
            yield items[start:index]
            start, used = index, 0
        used += needed
    if start < len(items):
        yield items[start:]
