"""The worker is the SDK's own: handlers of every kind, inputs, middleware, priorities, bounds, its life."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from foreman_client import (
    AsyncTaskContext,
    FailPermanently,
    Handlers,
    Middleware,
    Priority,
    QueueNames,
    Task,
    TaskContext,
    initialize_foreman_client,
)
from foreman_client.testing import ForemanTest
from tests.unit.testing import handlers as importable
from tests.unit.testing.test_time import enqueue


class Order(BaseModel):
    amount: int


def test_handlers_of_every_kind(foreman: ForemanTest) -> None:
    handlers = Handlers()
    threads: set[str] = set()

    @handlers.task("def")
    def in_thread(order: Order, ctx: TaskContext) -> Order:
        threads.add(threading.current_thread().name)
        return Order(amount=order.amount + ctx.attempt)

    @handlers.task("async")
    async def on_loop(order: Order, ctx: AsyncTaskContext) -> int:
        threads.add(threading.current_thread().name)
        await asyncio.sleep(0)
        await ctx.spawn("def", {"amount": order.amount})
        return order.amount

    foreman.worker(handlers)
    made = [enqueue(foreman.client, kind, {"amount": 1}) for kind in ("def", "async")]
    assert foreman.run_until_idle()
    assert [foreman.client.get_task(task.id).unwrap().output_data for task in made] == [{"amount": 2}, 1]
    [child] = foreman.client.list_tasks(parent_task_id=made[1].id).unwrap().data
    assert child.output_data == {"amount": 2}
    assert threads == {"foreman-handler-1", "foreman-async"}


def test_handlers_in_processes(foreman: ForemanTest) -> None:
    handlers = Handlers({"child": lambda _: None})
    for name in ("double", "die_once", "tell_missing"):
        handlers.task(name, process=True)(getattr(importable, name))
    foreman.worker(handlers)
    run = foreman.client.create_run(
        input_data=None,
        tasks=[
            {"type": name, "input_data": 21, "ref": name} for name in ("double", "die_once", "tell_missing")
        ],
    ).unwrap()
    assert foreman.run_until_idle()
    done = {task.type: task for task in foreman.client.iterate_tasks(run_id=run.id).unwrap()}
    assert {kind: task.output_data for kind, task in done.items()} == {
        "double": 42,
        "die_once": 2,
        "tell_missing": "not_found",
        "child": None,
    }
    [entry] = foreman.client.query_run_data(run.id, tags=["process"]).unwrap().data
    assert (entry.key, entry.value, entry.task_id) == ("seen", 21, done["double"].id)
    assert done["child"].parent_task_id == done["double"].id


def test_inputs_that_do_not_fit_and_failures_for_good(foreman: ForemanTest) -> None:
    def refuse(order: Order) -> None:
        raise FailPermanently("never")

    foreman.worker({"refuse": refuse})
    bad, good = (
        enqueue(foreman.client, "refuse", {"amount": "x"}),
        enqueue(foreman.client, "refuse", {"amount": 1}),
    )
    assert foreman.run_until_idle()
    found = [foreman.client.get_task(task.id).unwrap() for task in (bad, good)]
    assert [task.attempt for task in found] == [1, 1]
    assert found[0].error_data["code"] == "invalid_input"
    assert found[1].error_data["message"] == "never"


def test_middleware_and_handlers_that_are_added_later(foreman: ForemanTest) -> None:
    seen: list[str] = []

    class Noting(Middleware):
        def before(self, task: Task, ctx: Any) -> None:
            seen.append(f"before {task.type}")

        async def on_failure(self, task: Task, ctx: Any, error: BaseException) -> None:
            seen.append(f"{task.type} {type(error).__name__}")

    worker = foreman.worker()
    worker.middleware(Noting())

    @worker.task("fails")
    def fails(task: Task) -> None:
        raise KeyError("x")

    enqueue(foreman.client, "fails", max_retries=0)
    assert foreman.run_until_idle()
    assert seen == ["before fails", "fails KeyError"]


def test_high_priority_comes_first_and_low_last(foreman: ForemanTest) -> None:
    order: list[str] = []
    foreman.worker({"t": lambda task: order.append(task.priority)})
    for priority in ("low", "normal", "high", "high"):
        enqueue(foreman.client, "t", priority=priority)
    assert foreman.run_until_idle()
    assert order == [Priority.HIGH, Priority.HIGH, Priority.NORMAL, Priority.LOW]


def test_a_type_runs_no_more_often_at_once_than_it_may(foreman: ForemanTest) -> None:
    inside, most = [0], [0]

    def narrow(task: Task) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        foreman.clock.sleep(60)
        inside[0] -= 1

    foreman.worker({"narrow": narrow}, concurrency=10, concurrency_by_type={"narrow": 2})
    for _ in range(6):
        enqueue(foreman.client, "narrow")
    assert foreman.run_until_idle()
    assert most == [2]


def test_graphs_flow_and_failures_cascade(foreman: ForemanTest) -> None:
    def add(task: Task, ctx: TaskContext) -> int:
        return sum(each.output_data for each in ctx.dependencies)

    def fail(task: Task) -> None:
        raise FailPermanently("no")

    foreman.worker({"number": lambda task: task.input_data, "add": add, "fail": fail})
    run = foreman.client.create_run(
        input_data=None,
        tasks=[
            {"ref": "a", "type": "number", "input_data": 1},
            {"ref": "b", "type": "number", "input_data": 2},
            {"ref": "sum", "type": "add", "input_data": None, "depends_on": ["a", "b"]},
            {"ref": "bad", "type": "fail", "input_data": None},
            {"ref": "behind", "type": "add", "input_data": None, "depends_on": ["bad", "sum"]},
        ],
    ).unwrap()
    assert foreman.run_until_idle()
    done = foreman.client.get_run(run.id).unwrap()
    assert (done.status, done.completed_tasks, done.failed_tasks, done.cancelled_tasks) == ("failed", 3, 1, 1)
    assert run.task_ids is not None
    assert foreman.client.get_task(run.task_ids["sum"]).unwrap().output_data == 3
    behind = foreman.client.get_task(run.task_ids["behind"]).unwrap()
    assert (behind.error_data["code"], behind.error_data["taskId"]) == (
        "dependency_failed",
        run.task_ids["bad"],
    )


def test_the_applications_own_worker_is_conducted_too(foreman: ForemanTest) -> None:
    """As a program writes it: nothing of it knows that it is tested."""
    client = initialize_foreman_client(foreman.config)
    worker = client.create_worker({"t": lambda task: task.input_data}, concurrency=10)
    task = enqueue(client, "t", 7)
    assert foreman.run_until_idle().waiting[0].reason.startswith("no worker here has a handler for 't'")
    worker.start()
    assert client.wait_for_task(task.id).unwrap().output_data == 7
    assert (worker.status().state, worker.status().failures) == ("running", {})
    worker.stop()
    assert worker.status().state == "stopped"
    again = enqueue(client, "t", 7)
    foreman.clock.advance(3600)
    assert client.get_task(again.id).unwrap().status == "queued"
    other = client.create_worker({"t": lambda task: task.input_data})
    with ThreadPoolExecutor() as pool, pytest.raises(ValueError, match="main thread"):
        pool.submit(other.run).result()
    other.run()
    assert client.get_task(again.id).unwrap().status == "completed"
    client.close()


def test_a_stop_lets_handlers_finish_or_hands_their_tasks_back(foreman: ForemanTest) -> None:
    def nap(task: Task, ctx: TaskContext) -> int:
        foreman.clock.sleep(task.input_data)
        return ctx.attempt

    worker = foreman.worker({"nap": nap}, concurrency=2)
    short, long = enqueue(foreman.client, "nap", 10), enqueue(foreman.client, "nap", 1000)
    foreman.clock.advance(1)
    worker.stop(deadline_s=20)
    assert foreman.clock.monotonic() == 21
    assert foreman.client.get_task(short.id).unwrap().output_data == 1
    back = foreman.client.get_task(long.id).unwrap()
    assert (back.status, back.retry_count) == ("queued", 0)
    foreman.worker({"nap": nap})
    assert foreman.run_until_idle()
    assert foreman.client.get_task(long.id).unwrap().output_data == 2


def test_queues_of_ones_own_names() -> None:
    with ForemanTest(queues=QueueNames(task_queue="my-app:tasks", result_queue="my-app:results")) as foreman:
        foreman.worker({"t": lambda _: 1})
        task = enqueue(foreman.client, "t")
        elsewhere = enqueue(foreman.client, "t", queue="other:tasks")
        rest = foreman.run_until_idle()
        assert [each.id for each in rest.waiting] == [elsewhere.id]
        assert rest.waiting[0].reason == "no worker here has a handler for 't' on queue other:tasks (normal)"
        assert [event.task_id for event in foreman.client.results(idle_s=1)] == [task.id]


def test_no_thread_outlives_the_test() -> None:
    before = set(threading.enumerate())

    async def on_loop(task: Task) -> None:
        await asyncio.sleep(0)

    def asleep(task: Task) -> None:
        foreman.clock.sleep(3600)

    with ForemanTest() as foreman:
        foreman.worker({"async": on_loop, "asleep": asleep}, concurrency=3)
        for kind in ("async", "asleep", "asleep"):
            enqueue(foreman.client, kind)
        foreman.clock.advance(1)
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before


def test_a_worker_without_handlers_waits_for_them(foreman: ForemanTest) -> None:
    worker = foreman.worker()
    enqueue(foreman.client, "t")
    assert not foreman.run_until_idle()
    with pytest.raises(ValueError, match="at least one handler"):
        worker.start()
    worker.task("t")(lambda _: 1)
    assert foreman.run_until_idle()
