"""What a handler is given, and what becomes of what it returns or raises."""

import asyncio
import logging
import os
import threading
from functools import partial, wraps
from typing import Any

import pytest

from foreman_client import FailPermanently, Handler, RetryLater, TaskContext
from foreman_client.handlers import Registration
from foreman_client.worker.calls import call_of
from tests.unit.client.records import RUN_ID, task_id
from tests.unit.client.stub_worker import message, until, working


def report_of(handler: Handler) -> dict[str, Any]:
    """The report of one task that the handler ran."""
    with working({"work": handler}) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    return bench.api.reported()[1]


@pytest.mark.parametrize("value", [None, 0, "", {"a": [1, None, {"é": 2.5}]}, [], "\ud800", 10**40])
def test_what_a_handler_returns_is_the_output(value: Any) -> None:
    assert report_of(lambda task: value)["outputData"] == value


def test_async_handlers_run_side_by_side_on_one_loop() -> None:
    meeting = asyncio.Barrier(3)

    async def handler(task: Any) -> int:
        await meeting.wait()
        return int(task.input_data["n"])

    with working({"work": handler}, concurrency=3) as bench:
        bench.queue.put(*map(message, (1, 2, 3)))
        until(lambda: len(bench.queue.deleted) == 3)
    assert {number: report["outputData"] for number, report in bench.api.reported().items()} == {
        1: 1,
        2: 2,
        3: 3,
    }


class Callable_:  # noqa: N801 - a name beside collections.abc's
    def __call__(self, task: Any, ctx: TaskContext) -> list[Any]:
        return [task.id, ctx.attempt]


async def async_with_context(task: Any, ctx: TaskContext) -> list[Any]:
    return [task.id, ctx.attempt]


def with_another_name(task: Any, worker: TaskContext = None) -> list[Any]:  # type: ignore[assignment]
    return [task.id, worker.attempt]


def with_optional_context(task: Any, ctx: Any = None) -> list[Any]:
    return [task.id, ctx.attempt]


@pytest.mark.parametrize(
    "handler",
    [
        lambda task, anything: [task.id, anything.attempt],
        Callable_(),
        async_with_context,
        with_another_name,
        with_optional_context,
    ],
)
def test_a_handler_that_takes_a_context_gets_one(handler: Handler) -> None:
    assert report_of(handler)["outputData"] == [task_id(1), 1]


def with_default(task: Any, times: int = 3) -> int:
    return times


def decorated(handler: Any) -> Any:
    @wraps(handler)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return handler(*args, **kwargs)

    return inner


@pytest.mark.parametrize(
    "handler",
    [with_default, decorated(with_default), partial(with_default, times=3), lambda *args: 2 + len(args)],
)
def test_a_handler_that_does_not_is_called_with_its_task_alone(handler: Handler) -> None:
    assert report_of(handler)["outputData"] == 3


@pytest.mark.parametrize("handler", [lambda: None, lambda a, b, c: None, lambda task, *, ctx: None])
def test_a_handler_that_cannot_be_called_is_refused_before_any_work(handler: Handler) -> None:
    with pytest.raises(TypeError, match=r"h\(task\) or h\(task, ctx\)"):
        call_of(Registration("work", handler))


def test_any_exception_fails_the_attempt_and_is_retried_by_policy() -> None:
    def handler(task: Any) -> None:
        raise KeyError("missing")

    report = report_of(handler)
    assert (report["status"], report["retryable"]) == ("failed", True)
    assert "retryDelaySeconds" not in report
    assert report["errorData"]["type"] == "KeyError"
    assert report["errorData"]["message"] == "'missing'"
    assert 'raise KeyError("missing")' in report["errorData"]["traceback"]


def test_long_error_texts_are_shortened() -> None:
    def handler(task: Any) -> None:
        raise ValueError("x" * 100_000)

    error = report_of(handler)["errorData"]
    assert len(error["message"]) == 2_000
    assert len(error["traceback"]) == 6_000


def test_error_texts_are_unicode_whatever_file_they_name() -> None:
    def handler(task: Any) -> None:
        raise FileNotFoundError(os.fsdecode(b"caf\xe9.txt"))

    report = report_of(handler)
    assert (report["retryable"], report["errorData"]["message"]) == (True, r"caf\udce9.txt")
    assert r"caf\udce9.txt" in report["errorData"]["traceback"]


class Unprintable(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), Unprintable(), asyncio.CancelledError()]
)
def test_no_exception_of_a_handler_ends_the_worker(error: BaseException) -> None:
    def handler(task: Any) -> None:
        raise error

    assert report_of(handler)["errorData"]["type"] == type(error).__name__


def closes(task: Any) -> None:
    raise GeneratorExit


async def closes_on_the_loop(task: Any) -> None:
    raise GeneratorExit


@pytest.mark.parametrize("handler", [closes, closes_on_the_loop])
def test_an_exception_that_generators_keep_for_themselves_is_a_failure_too(handler: Handler) -> None:
    report = report_of(handler)
    assert (report["status"], report["errorData"]["message"]) == (
        "failed",
        "the handler raised GeneratorExit",
    )


def test_fail_permanently_uses_no_retries() -> None:
    def handler(task: Any) -> None:
        raise FailPermanently("bad order")

    report = report_of(handler)
    assert (report["status"], report["retryable"], report["errorData"]["message"]) == (
        "failed",
        False,
        "bad order",
    )


async def later(task: Any) -> None:
    raise RetryLater(12.5)


def test_retry_later_names_its_delay() -> None:
    report = report_of(later)
    assert (report["status"], report["retryable"], report["retryDelaySeconds"]) == ("failed", True, 12.5)


class Undecided(RetryLater):
    def __init__(self) -> None:
        Exception.__init__(self, "some time")


def test_a_retry_that_names_no_delay_is_retried_by_policy() -> None:
    def handler(task: Any) -> None:
        raise Undecided

    report = report_of(handler)
    assert (report["status"], report["retryable"], "retryDelaySeconds" in report) == ("failed", True, False)


@pytest.mark.parametrize("delay", [-1, float("nan"), 31_536_001])
def test_retry_later_takes_what_the_service_takes(delay: float) -> None:
    with pytest.raises(ValueError, match="delay_s"):
        RetryLater(delay)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ({1, 2}, "output_not_json"),
        ({1: "a"}, "output_not_json"),
        (float("nan"), "output_not_json"),
        (nested(98), "output_not_json"),
        ("x" * (1024 * 1024 + 1), "output_too_large"),
        ("\n" * 600_000, "output_too_large"),
    ],
    ids=["set", "key", "nan", "deep", "large", "large once escaped"],
)
def test_an_output_that_cannot_be_stored_fails_for_good_and_says_so(output: Any, code: str) -> None:
    report = report_of(lambda task: output)
    assert (report["status"], report["retryable"], report["errorData"]["code"]) == ("failed", False, code)


def test_the_context_knows_its_task_and_run(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def handler(task: Any, ctx: TaskContext) -> list[Any]:
        ctx.logger.info("at work", extra={"more": 1})
        ctx.raise_if_cancelled()
        return [ctx.task is task, ctx.attempt, ctx.cancelled, ctx.idempotency_key]

    assert report_of(handler)["outputData"] == [True, 1, False, task_id(1)]
    (record,) = [record for record in caplog.records if record.getMessage() == "at work"]
    assert (vars(record)["task_id"], vars(record)["run_id"], vars(record)["more"]) == (task_id(1), RUN_ID, 1)


def test_run_data_of_the_context_is_of_its_run_and_task() -> None:
    def handler(task: Any, ctx: TaskContext) -> str:
        created = ctx.create_run_data("k", {"v": 1}, ["t"])
        return created.unwrap().run_id

    assert report_of(handler)["outputData"] == RUN_ID


@pytest.mark.parametrize("value", ["x" * 4097, nested(98), float("nan")])
def test_progress_takes_what_the_service_takes(value: Any) -> None:
    def handler(task: Any, ctx: TaskContext) -> None:
        ctx.progress(value)

    assert report_of(handler)["errorData"]["type"] == "ValueError"


def test_handlers_run_on_as_many_threads_as_the_worker_has_slots() -> None:
    meeting = threading.Barrier(4)
    with working({"work": lambda task: meeting.wait(3)}, concurrency=4) as bench:
        bench.queue.put(*map(message, range(1, 5)))
        until(lambda: len(bench.queue.deleted) == 4)
    assert all(report["status"] == "completed" for report in bench.api.reported().values())
