"""What a handler's signature says: whether it takes a context, and what its parameters are annotated with."""

import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from foreman_client.context import AsyncTaskContext, Handler, TaskContext
from foreman_contract.tasks import Task

_KNOWN = {"Task": Task, "TaskContext": TaskContext, "AsyncTaskContext": AsyncTaskContext}
"""Names that a module may import for type checkers alone."""
_CONTEXT_NAMES = ("ctx", "context")


def signature_of(handler: Handler) -> inspect.Signature | None:
    """The signature; None for callables written in C that do not tell theirs."""
    try:
        return inspect.signature(handler)
    except ValueError:
        return None


def takes_context(handler: Handler, signature: inspect.Signature) -> bool:
    """Whether it is called as `h(task, ctx)`: it needs a second argument, or its second is meant for the context.

    Raises:
        TypeError: it can be called neither as `h(task)` nor as `h(task, ctx)`.
    """
    if not _means_context(handler, signature) and _takes(signature, 1):
        return False
    if not _takes(signature, 2):
        raise TypeError(f"a handler is called as h(task) or h(task, ctx), which {handler!r} does not take")
    return True


def annotation(handler: Handler, signature: inspect.Signature, place: int) -> Any:
    """What the parameter at this place is annotated with, text resolved; `Any` where nothing is said.

    Raises:
        TypeError: the text names nothing that the handler's module has.
    """
    parameters = list(signature.parameters.values())[place : place + 1]
    if not parameters or parameters[0].annotation is inspect.Parameter.empty:
        return Any
    holder = types.SimpleNamespace(__annotations__={"it": parameters[0].annotation})
    names = _KNOWN | getattr(_function(handler), "__globals__", {})
    try:
        return typing.get_type_hints(holder, globalns=names, include_extras=True)["it"]
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        text = parameters[0].annotation
        raise TypeError(f"{handler!r}: cannot resolve the annotation {text!r}: {error}") from error


def is_async(handler: Handler) -> bool:
    """Whether calling it makes a coroutine."""
    return inspect.iscoroutinefunction(_function(handler))


def _function(handler: Handler) -> Callable[..., Any]:
    """The function behind partials, decorators and objects with `__call__`."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    if not inspect.isroutine(handler) and not isinstance(handler, type):
        handler = type(handler).__call__
    function: Callable[..., Any] = inspect.unwrap(handler)
    return function


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _means_context(handler: Handler, signature: inspect.Signature) -> bool:
    """Whether a second parameter, optional perhaps, is meant for the context; any other default stays a default."""
    second = list(signature.parameters.values())[1:2]
    if not second or second[0].kind not in (second[0].POSITIONAL_ONLY, second[0].POSITIONAL_OR_KEYWORD):
        return False
    if second[0].name.strip("_") in _CONTEXT_NAMES:
        return True
    required = second[0].default is inspect.Parameter.empty
    return not required and annotation(handler, signature, 1) in (TaskContext, AsyncTaskContext)
