"""User code: one attempt from its handler to its report, as a pipeline of tagged values."""

import inspect
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from foreman_client._arguments import JsonObject
from foreman_client._json import depth, encode, escaped_size
from foreman_client.context import Handler, TaskContext
from foreman_client.steering import FailPermanently, RetryLater
from foreman_client.worker.attempts import Attempt
from foreman_client.worker.reports import Report, completed, failed
from foreman_contract import limits

_MESSAGE_CHARS: Final = 2_000
_TRACEBACK_CHARS: Final = 6_000
_LEVELS_ABOVE_OUTPUT: Final = 3
"""A report wraps an output in an object, a list and an object."""

Call: TypeAlias = Callable[[TaskContext], Any]
RunCoroutine: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass(frozen=True, slots=True)
class Returned:
    """The handler came back with a value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The handler came back with an exception."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Unfit:
    """The handler came back with a value that cannot be stored."""

    code: str
    message: str


def call_of(handler: Handler) -> Call:
    """The handler as a function of the context: `h(task, ctx)` when it needs a second argument or names one `ctx`.

    Raises:
        TypeError: it can be called neither as `h(task)` nor as `h(task, ctx)`.
    """
    try:
        signature = inspect.signature(handler)
    except ValueError:  # some callables written in C do not tell
        return lambda context: handler(context.task)
    if _names_context(signature) or not _takes(signature, 1):
        if not _takes(signature, 2):
            raise TypeError(
                f"a handler is called as h(task) or h(task, ctx), which {handler!r} does not take"
            )
        return lambda context: handler(context.task, context)
    return lambda context: handler(context.task)


def execute(
    call: Call,
    attempt: Attempt,
    context: TaskContext,
    run_coroutine: RunCoroutine,
    max_payload_bytes: int,
) -> Report:
    """Run the handler and say what became of it. Raises nothing, whatever the handler does."""
    outcome = called(call, context, run_coroutine)
    return reported(attempt, checked(outcome, max_payload_bytes))


def called(call: Call, context: TaskContext, run_coroutine: RunCoroutine) -> Returned | Raised:
    """Call user code. A SystemExit in a handler ends the attempt, not the worker."""
    try:
        value = call(context)
        if inspect.iscoroutine(value):
            value = run_coroutine(value)
    except BaseException as error:
        return Raised(error)
    return Returned(value)


def checked(outcome: Returned | Raised, max_payload_bytes: int) -> Returned | Raised | Unfit:
    """A value that is JSON within its bounds stays, any other is unfit: the service would refuse the whole report."""
    if isinstance(outcome, Raised):
        return outcome
    try:
        size = escaped_size(encode(outcome.value))
    except (TypeError, ValueError) as error:
        return Unfit("output_not_json", str(error))
    if depth(outcome.value) + _LEVELS_ABOVE_OUTPUT > limits.MAX_NESTING:
        return Unfit("output_not_json", f"nested over {limits.MAX_NESTING - _LEVELS_ABOVE_OUTPUT} levels")
    if size > max_payload_bytes:
        return Unfit("output_too_large", f"{size} bytes of escaped JSON; the limit is {max_payload_bytes}")
    return outcome


def reported(attempt: Attempt, outcome: Returned | Raised | Unfit) -> Report:
    """The report of an outcome."""
    match outcome:
        case Returned(value):
            return completed(attempt, value)
        case Unfit(code, message):
            return failed(attempt, {"code": code, "message": message}, retryable=False)
        case Raised(FailPermanently() as error):
            return failed(attempt, error_data(error), retryable=False)
        case Raised(RetryLater() as error):
            return failed(attempt, error_data(error), retryable=True, retry_delay_s=error.delay_s)
        case Raised(error):
            return failed(attempt, error_data(error), retryable=True)


def error_data(error: BaseException) -> JsonObject:
    """What the record keeps of an exception: type, message, and the end of its traceback."""
    try:
        message = str(error)
        trace = "".join(traceback.format_exception(error))
    except Exception:
        message = trace = "(its own text could not be made)"
    return {
        "type": type(error).__name__,
        "message": message[:_MESSAGE_CHARS],
        "traceback": trace[-_TRACEBACK_CHARS:],
    }


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _names_context(signature: inspect.Signature) -> bool:
    """Whether a second parameter, optional perhaps, is meant for the context; any other default stays a default."""
    second = list(signature.parameters.values())[1:2]
    return any(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and (
            parameter.name.strip("_") in ("ctx", "context")
            or parameter.annotation in (TaskContext, "TaskContext")
        )
        for parameter in second
    )
