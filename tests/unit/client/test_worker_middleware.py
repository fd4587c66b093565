"""Middleware: before in order, after and on failure in reverse, around any kind of handler."""

import asyncio
from typing import Any

import pytest

from foreman_client import FailPermanently, Handler, Middleware
from tests.unit.client.stub_worker import FakeApi, FakeQueue, message, until, worker_on, working


class Noting:
    """Notes what is called; raises where it is told to."""

    def __init__(self, name: str, notes: list[str], fails_in: str = "") -> None:
        self.name = name
        self.notes = notes
        self.fails_in = fails_in

    def before(self, task: Any, ctx: Any) -> None:
        self._note(f"before {task.input_data['n']} {ctx.attempt}")

    def after(self, task: Any, ctx: Any, output: Any) -> None:
        self._note(f"after {output}")

    def on_failure(self, task: Any, ctx: Any, error: BaseException) -> None:
        self._note(f"failure {error}")

    def _note(self, what: str) -> None:
        self.notes.append(f"{self.name}: {what}")
        if what.split()[0] == self.fails_in:
            raise RuntimeError(f"{self.name} {self.fails_in}")


class AsyncNoting(Noting):
    async def before(self, task: Any, ctx: Any) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().before(task, ctx)

    async def on_failure(self, task: Any, ctx: Any, error: BaseException) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().on_failure(task, ctx, error)


def good(task: Any) -> str:
    return "good"


async def good_async(task: Any) -> str:
    return "good"


def bad(task: Any) -> None:
    raise FailPermanently("bad")


async def bad_async(task: Any) -> None:
    raise FailPermanently("bad")


def report_of(handler: Handler, *middleware: object) -> dict[str, Any]:
    with working({"work": handler}, middleware=middleware) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted)
    return bench.api.reported()[1]


@pytest.mark.parametrize("handler", [good, good_async])
@pytest.mark.parametrize("kind", [Noting, AsyncNoting])
def test_it_runs_around_a_handler_that_returns(handler: Handler, kind: type[Noting]) -> None:
    notes: list[str] = []
    report = report_of(handler, kind("a", notes), kind("b", notes))
    assert report["outputData"] == "good"
    assert notes == ["a: before 1 1", "b: before 1 1", "b: after good", "a: after good"]


@pytest.mark.parametrize("handler", [bad, bad_async])
@pytest.mark.parametrize("kind", [Noting, AsyncNoting])
def test_it_is_told_of_a_failure(handler: Handler, kind: type[Noting]) -> None:
    notes: list[str] = []
    report = report_of(handler, kind("a", notes), kind("b", notes))
    assert (report["status"], report["retryable"]) == ("failed", False)
    assert notes == ["a: before 1 1", "b: before 1 1", "b: failure bad", "a: failure bad"]


def test_a_before_that_raises_fails_the_attempt_unstarted_and_only_what_had_begun_is_told() -> None:
    notes: list[str] = []
    ran: list[Any] = []
    report = report_of(ran.append, Noting("a", notes), Noting("b", notes, "before"), Noting("c", notes))
    assert (report["status"], report["errorData"]["message"]) == ("failed", "b before")
    assert ran == []
    assert notes == ["a: before 1 1", "b: before 1 1", "a: failure b before"]


def test_an_after_that_raises_fails_the_attempt() -> None:
    notes: list[str] = []
    report = report_of(good, Noting("a", notes), Noting("b", notes, "after"))
    assert report["errorData"]["message"] == "b after"
    assert notes[2:] == ["b: after good", "b: failure b after", "a: failure b after"]


def test_an_on_failure_that_raises_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    notes: list[str] = []
    report = report_of(bad, Noting("a", notes), Noting("b", notes, "failure"))
    assert report["errorData"]["message"] == "bad"
    assert notes[-1] == "a: failure bad"
    assert "on_failure of Noting fails, ignored: RuntimeError < " in caplog.text
    assert "b failure" not in caplog.text


class Before:
    def __init__(self) -> None:
        self.seen = 0

    def before(self, task: Any, ctx: Any) -> None:
        self.seen += 1


def test_an_object_needs_only_some_of_the_methods() -> None:
    before = Before()
    assert report_of(good, before, Middleware())["status"] == "completed"
    assert before.seen == 1


@pytest.mark.parametrize("thing", [object(), Before, "before"])
def test_what_is_no_middleware_is_refused(thing: object) -> None:
    from foreman_contract.enums import Priority

    worker = worker_on({"work": good}, FakeApi(), {Priority.NORMAL: FakeQueue()})
    with pytest.raises(TypeError, match="before, after, on_failure"):
        worker.middleware(thing)
