"""User code: one attempt from its handler to its report, as a pipeline of tagged values."""

import inspect
import traceback
from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from foreman_client._arguments import JsonObject
from foreman_client.context import AsyncTaskContext, TaskContext
from foreman_client.steering import FailPermanently, RetryLater
from foreman_client.worker.attempts import Attempt
from foreman_client.worker.inputs import InvalidInputError
from foreman_client.worker.outage import logger, where
from foreman_client.worker.outputs import measured
from foreman_client.worker.reports import Report, completed, failed
from foreman_contract import limits

_MESSAGE_CHARS: Final = 2_000
_TRACEBACK_CHARS: Final = 6_000
_LEVELS_ABOVE_OUTPUT: Final = 3
"""A report wraps an output in an object, a list and an object."""

Context: TypeAlias = TaskContext | AsyncTaskContext
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


Calls: TypeAlias = Generator[Callable[[], Any], Any, Returned | Raised]
"""Yields what is to be called, and is sent what that returned or thrown what it raised."""


def calls(call: Callable[[Context], Any], context: Context, middleware: Sequence[object] = ()) -> Calls:
    """The handler with the middleware around it, in the order in which they are to be called."""
    entered: list[object] = []
    try:
        for each in middleware:
            yield partial(_method(each, "before"), context.task, context)
            entered.insert(0, each)
        value = yield partial(call, context)
        for each in entered:
            yield partial(_method(each, "after"), context.task, context, value)
    except GeneratorExit:
        raise
    except BaseException as error:
        failure = error
    else:
        return Returned(value)
    for each in entered:
        try:
            yield partial(_method(each, "on_failure"), context.task, context, failure)
        except Exception as error:
            logger.error("on_failure of %s fails, ignored: %s", type(each).__name__, where(error))
    return Raised(failure)


def called(steps: Calls, run_coroutine: RunCoroutine) -> Returned | Raised:
    """Call user code in this thread. A SystemExit in a handler ends the attempt, not the worker."""
    resume = partial(next, steps)
    while True:
        try:
            step = resume()
        except StopIteration as end:
            outcome: Returned | Raised = end.value
            return outcome
        try:
            value = step()
            if inspect.iscoroutine(value):
                value = run_coroutine(value)
        except BaseException as error:
            resume = partial(steps.throw, _throwable(error))
        else:
            resume = partial(steps.send, value)


async def called_async(steps: Calls) -> Returned | Raised:
    """Call user code on the running event loop; what it answers is awaited where it can be."""
    resume = partial(next, steps)
    while True:
        try:
            step = resume()
        except StopIteration as end:
            outcome: Returned | Raised = end.value
            return outcome
        try:
            value = step()
            if inspect.isawaitable(value):
                value = await value
        except BaseException as error:
            resume = partial(steps.throw, _throwable(error))
        else:
            resume = partial(steps.send, value)


def report_of(attempt: Attempt, outcome: Returned | Raised, max_payload_bytes: int) -> Report:
    """The report of what the handler came back with."""
    return reported(attempt, checked(outcome, max_payload_bytes))


def checked(outcome: Returned | Raised, max_payload_bytes: int) -> Returned | Raised | Unfit:
    """A value that is JSON within its bounds stays, any other is unfit: the service would refuse the whole report.

    What a model's own code raises while it becomes JSON counts as raised by the handler.
    """
    if isinstance(outcome, Raised):
        return outcome
    try:
        value, size, levels = measured(outcome.value)
    except (TypeError, ValueError) as error:
        return Unfit("output_not_json", str(error))
    except Exception as error:
        return Raised(error)
    if levels + _LEVELS_ABOVE_OUTPUT > limits.MAX_NESTING:
        return Unfit("output_not_json", f"nested over {limits.MAX_NESTING - _LEVELS_ABOVE_OUTPUT} levels")
    if size > max_payload_bytes:
        return Unfit("output_too_large", f"{size} bytes of escaped JSON; the limit is {max_payload_bytes}")
    return Returned(value)


def reported(attempt: Attempt, outcome: Returned | Raised | Unfit) -> Report:
    """The report of an outcome that was checked."""
    match outcome:
        case Returned(value):
            return completed(attempt, value)
        case Unfit(code, message):
            return failed(attempt, {"code": code, "message": message}, retryable=False)
        case Raised(InvalidInputError() as error):
            data = {"code": error.code, "message": error.reason, "details": error.details}
            return failed(attempt, data, retryable=False)
        case Raised(AttemptError(retryable=False) as error):
            return failed(attempt, {"code": error.code, "message": str(error)}, retryable=False)
        case Raised(FailPermanently() as error):
            return failed(attempt, error_data(error), retryable=False)
        case Raised(RetryLater(delay_s=delay_s) as error):
            return failed(attempt, error_data(error), retryable=True, retry_delay_s=delay_s)
        case Raised(error):
            return failed(attempt, error_data(error), retryable=True)


def error_data(error: BaseException) -> JsonObject:
    """What the record keeps of an exception: type, message, and the end of its traceback; a code if it has one of ours."""
    try:
        message = str(error)
        trace = "".join(traceback.format_exception(error))
    except Exception:
        message = trace = "(its own text could not be made)"
    data: JsonObject = {
        "type": type(error).__name__,
        "message": _unicode(message[:_MESSAGE_CHARS]),
        "traceback": _unicode(trace[-_TRACEBACK_CHARS:]),
    }
    if isinstance(error, AttemptError):
        data |= {"type": error.type_name, "code": error.code} if error.code else {"type": error.type_name}
    return data


def _unicode(text: str) -> str:
    """The text with lone surrogates spelled out: a file name that is no UTF-8 has some, and the service refuses them."""
    return text.encode("utf-8", "backslashreplace").decode()


class AttemptError(Exception):
    """Stands for a failure that has no exception here: a process that died, an exception that only its process knows."""

    def __init__(
        self, message: str, *, type_name: str, code: str | None = None, retryable: bool = True
    ) -> None:
        super().__init__(message)
        self.type_name = type_name
        self.code = code
        self.retryable = retryable


def _throwable(error: BaseException) -> BaseException:
    """The error as a generator can be thrown it: a GeneratorExit would close it."""
    if not isinstance(error, GeneratorExit):
        return error
    stand_in = RuntimeError("the handler raised GeneratorExit")
    stand_in.__cause__ = error
    return stand_in


def _method(middleware: object, name: str) -> Callable[..., Any]:
    return getattr(middleware, name, _nothing)


def _nothing(*_: object) -> None:
    return None
