"""Handlers by task type, written down where they are defined: no client, no worker and no network is needed for that."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from foreman_client._arguments import expect, required
from foreman_client.context import Handler

H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Registration:
    """One handler; `concurrency` bounds how many tasks of its type a worker runs at once, None: only by all its slots."""

    type: str
    handler: Handler
    concurrency: int | None = None
    process: bool = False


class Handlers:
    """A collection of handlers for `create_worker`: `handlers = Handlers()`, then `@handlers.task("resize")`."""

    def __init__(self, handlers: Mapping[str, Handler] | None = None) -> None:
        self._by_type: dict[str, Registration] = {}
        for kind, handler in _checked({} if handlers is None else handlers).items():
            self.add(Registration(kind, handler))

    def task(
        self,
        type: str,  # noqa: A002 - the word of the wire
        *,
        concurrency: int | None = None,
        process: bool = False,
    ) -> Callable[[H], H]:
        """A decorator that makes the function the handler of tasks of this type, and leaves it as it is.

        At most `concurrency` tasks of the type run at once in a worker. With `process`, each attempt runs in a process of
        its own, which is killed when the attempt is over early; the function must be importable: at the top of a module.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or out of range, or the type has a handler already.
        """
        required(str, type=type)

        def register(handler: H) -> H:
            self.add(Registration(type, handler, concurrency, process))
            return handler

        return register

    def add(self, registration: Registration) -> None:
        """Add one.

        Raises:
            TypeError, ValueError: it cannot be a handler, or its type has one already.
        """
        kind, concurrency = registration.type, registration.concurrency
        if not isinstance(kind, str) or not callable(registration.handler):
            raise TypeError(f"the handler of {kind!r} must be a function, under a task type that is a str")
        expect(int, concurrency=concurrency)
        expect(bool, process=registration.process)
        if concurrency is not None and concurrency < 1:
            raise ValueError("concurrency must be at least 1")
        if kind in self._by_type:
            raise ValueError(f"tasks of type {kind!r} have a handler already")
        self._by_type[kind] = registration

    def __iter__(self) -> Iterator[Registration]:
        return iter(list(self._by_type.values()))

    def __len__(self) -> int:
        return len(self._by_type)


def _checked(handlers: Mapping[str, Handler]) -> Mapping[str, Handler]:
    if not isinstance(handlers, Mapping):
        raise TypeError(f"handlers must be a dict of functions by task type, not {type(handlers).__name__}")
    return handlers
