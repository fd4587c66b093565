"""Writing handlers down: on a worker, in a collection without any worker, in a dict."""

from typing import Any

import pytest

from foreman_client import Handlers
from foreman_client.worker import Worker
from foreman_contract.enums import Priority
from tests.unit.client.stub_worker import FakeApi, FakeQueue, message, until, worker_on, working


def new_worker(handlers: Any) -> Worker:
    return worker_on(handlers, FakeApi(), {Priority.NORMAL: FakeQueue()})


def test_a_decorated_function_is_a_handler_and_stays_what_it_was() -> None:
    handlers = Handlers({"other": lambda task: "other"})

    @handlers.task("work")
    def handler(task: Any) -> str:
        return "work"

    assert handler(None) == "work"
    with working(handlers) as bench:
        bench.queue.put(message(1), message(2, "other"))
        until(lambda: len(bench.queue.deleted) == 2)
    assert bench.api.reported()[1]["outputData"] == "work"


def test_a_worker_takes_handlers_until_it_starts() -> None:
    queue = FakeQueue()
    worker = worker_on({}, FakeApi(), {Priority.NORMAL: queue})

    @worker.task("work", concurrency=2)
    def handler(task: Any) -> None:
        """Nothing."""

    worker.start()
    queue.put(message(1))
    until(lambda: queue.deleted)
    with pytest.raises(RuntimeError, match="before the worker starts"):
        worker.task("late")(handler)
    with pytest.raises(RuntimeError, match="before the worker starts"):
        worker.middleware(handler)
    worker.stop(0)
    queue.close()


def test_a_worker_without_handlers_is_refused_at_the_start() -> None:
    worker = new_worker({})
    with pytest.raises(ValueError, match="at least one handler"):
        worker.start()
    worker.stop()


def test_a_type_has_one_handler() -> None:
    worker = new_worker({"work": print})
    with pytest.raises(ValueError, match="'work' have a handler already"):
        worker.task("work")(print)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"type": None}, TypeError),
        ({"type": print}, TypeError),
        ({"type": "t", "concurrency": 0}, ValueError),
        ({"type": "t", "concurrency": True}, TypeError),
        ({"type": "t", "process": 1}, TypeError),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(
    arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Handlers().task(**arguments)(lambda task: None)
    with pytest.raises(error):
        new_worker({}).task(**arguments)(lambda task: None)


def test_a_decorator_without_its_type_is_refused_where_it_is_written() -> None:
    for task in (Handlers().task, new_worker({}).task):
        decorate: Any = task
        with pytest.raises(TypeError, match="type must be str, not function"):
            decorate(lambda task: None)


def test_a_signature_that_is_no_handlers_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match=r"h\(task\) or h\(task, ctx\)"):
        new_worker({}).task("t")(lambda: None)
