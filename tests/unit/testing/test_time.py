"""Nothing waits for real: delays, retries, leases and timeouts happen because the virtual clock moves."""

import asyncio
import math
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_client import AsyncTaskContext, Foreman, RetryLater, RetryPolicy, Task, TaskContext
from foreman_client.testing import ForemanTest, RestlessError, StuckError

DAY_S = 86_400


def enqueue(client: Foreman, kind: str, input_data: object = None, **options: object) -> Task:
    run = client.create_run(input_data=None).unwrap()
    return client.enqueue_task(run_id=run.id, type=kind, input_data=input_data, **options).unwrap()  # type: ignore[arg-type]


def test_the_clock_stands_still_until_time_is_let_pass(foreman: ForemanTest) -> None:
    before = foreman.clock.now_ms()
    run = foreman.client.create_run(input_data=None).unwrap()
    assert (run.created_at, foreman.clock.now_ms()) == (before, before)
    foreman.clock.advance(90)
    assert foreman.clock.now_ms() == before + 90_000
    assert foreman.clock.monotonic() == 90


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf])
def test_only_a_span_of_time_passes(foreman: ForemanTest, seconds: float) -> None:
    for passes in (
        foreman.clock.advance,
        foreman.clock.sleep,
        lambda span: asyncio.run(foreman.clock.sleep_async(span)),
        lambda span: foreman.run_until_idle(max_seconds=span),
    ):
        with pytest.raises(ValueError, match=r"does not go back|a finite number of seconds"):
            passes(seconds)


@given(delay_s=st.integers(0, 40 * DAY_S))
def test_a_delayed_task_starts_at_its_instant(delay_s: int) -> None:
    """The longer ones wait in the due-index for the sweep, the shorter ones on the queue."""
    with ForemanTest() as foreman:
        foreman.worker({"t": lambda _: foreman.clock.monotonic()})
        task = enqueue(foreman.client, "t", delay_seconds=delay_s)
        assert foreman.run_until_idle(max_seconds=delay_s + 1)
        assert foreman.client.get_task(task.id).unwrap().output_data == delay_s


def test_what_is_too_far_away_is_waited_for_when_asked(foreman: ForemanTest) -> None:
    foreman.worker({"t": lambda _: 1})
    enqueue(foreman.client, "t", delay_seconds=2 * DAY_S)
    rest = foreman.run_until_idle()
    assert not rest
    assert str(rest).endswith("- t (queued): must not start for another 172800 s")
    assert foreman.clock.monotonic() == rest.passed_s == 0
    assert foreman.run_until_idle(max_seconds=3 * DAY_S)
    assert foreman.clock.monotonic() == 2 * DAY_S


def test_retries_come_after_their_backoff(foreman: ForemanTest) -> None:
    at: list[float] = []

    def flaky(task: Task) -> None:
        at.append(foreman.clock.monotonic())
        raise OSError("away")

    foreman.worker({"flaky": flaky})
    policy = RetryPolicy(initial_seconds=600, factor=1, max_seconds=600)
    task = enqueue(foreman.client, "flaky", max_retries=4, retry_policy=policy)
    assert foreman.run_until_idle()
    done = foreman.client.get_task(task.id).unwrap()
    assert (done.status, done.attempt, done.retry_count) == ("failed", 5, 4)
    assert done.error_data["type"] == "OSError"
    assert all(0 <= later - earlier <= 600 for earlier, later in pairwise(at))
    assert at[-1] > 300


def test_a_handler_may_say_when(foreman: ForemanTest) -> None:
    def later(task: Task, ctx: TaskContext) -> float:
        if ctx.attempt == 1:
            raise RetryLater(delay_s=7200)
        return foreman.clock.monotonic()

    foreman.worker({"later": later})
    task = enqueue(foreman.client, "later")
    assert foreman.client.wait_for_task(task.id, timeout_s=DAY_S).unwrap().output_data == 7200


def test_schedules_fire_at_their_instants(foreman: ForemanTest) -> None:
    at: list[float] = []
    foreman.worker({"tick": lambda _: at.append(foreman.clock.monotonic())})
    template: Any = {"input_data": None, "tasks": [{"type": "tick", "input_data": None}]}
    foreman.client.create_schedule(name="hourly", every_seconds=3600, template=template).unwrap()
    foreman.clock.advance(3 * 3600)
    assert at == [3600, 7200, 10_800]


def test_schedules_fire_on_the_way_and_are_not_waited_for(foreman: ForemanTest) -> None:
    at: list[float] = []
    foreman.worker({"tick": lambda _: at.append(foreman.clock.monotonic()), "later": lambda _: None})
    template: Any = {"input_data": None, "tasks": [{"type": "tick", "input_data": None}]}
    foreman.client.create_schedule(name="daily", cron="30 4 * * *", template=template).unwrap()
    assert foreman.run_until_idle().passed_s == 0
    enqueue(foreman.client, "later", delay_seconds=DAY_S)
    assert foreman.run_until_idle(max_seconds=2 * DAY_S).passed_s == DAY_S
    assert at == [4.5 * 3600]


def test_a_handler_that_takes_long_is_kept_alive(foreman: ForemanTest) -> None:
    def slow(task: Task, ctx: TaskContext) -> int:
        ctx.progress({"step": 1})
        foreman.clock.sleep(3600)
        return ctx.attempt

    foreman.worker({"slow": slow})
    task = enqueue(foreman.client, "slow")
    foreman.clock.advance(1800)
    running = foreman.client.get_task(task.id).unwrap()
    assert (running.status, running.progress) == ("running", {"step": 1})
    assert foreman.run_until_idle()
    done = foreman.client.get_task(task.id).unwrap()
    assert (done.output_data, done.duration_ms) == (1, 3_600_000)


def test_an_attempt_over_its_time_is_told_so_and_retried(foreman: ForemanTest) -> None:
    told: list[bool] = []

    def slow(task: Task, ctx: TaskContext) -> None:
        foreman.clock.sleep(120)
        told.append(ctx.cancelled)
        ctx.raise_if_cancelled()

    foreman.worker({"slow": slow})
    task = enqueue(foreman.client, "slow", timeout_seconds=60, max_retries=1)
    assert foreman.run_until_idle()
    done = foreman.client.get_task(task.id).unwrap()
    assert (done.status, done.attempt, done.error_data["code"]) == ("failed", 2, "timed_out")
    assert told == [True, True]


def test_a_cancelled_task_tells_its_handler(foreman: ForemanTest) -> None:
    told: list[bool] = []

    def slow(task: Task, ctx: TaskContext) -> None:
        foreman.clock.sleep(120)
        told.append(ctx.cancelled)

    foreman.worker({"slow": slow})
    task = enqueue(foreman.client, "slow")
    foreman.clock.advance(1)
    foreman.client.cancel_task(task.id).unwrap()
    assert foreman.run_until_idle()
    assert told == [True]
    assert foreman.client.get_task(task.id).unwrap().status == "cancelled"


def test_handlers_sleep_side_by_side_when_the_worker_has_room(foreman: ForemanTest) -> None:
    def nap(task: Task) -> None:
        foreman.clock.sleep(60)

    async def async_nap(task: Task) -> None:
        await foreman.clock.sleep_async(60)

    foreman.worker({"nap": nap, "async-nap": async_nap}, concurrency=4)
    for kind in ("nap", "async-nap", "nap", "async-nap"):
        enqueue(foreman.client, kind)
    assert foreman.run_until_idle().passed_s == 60
    for kind in ("nap", "async-nap", "nap", "async-nap", "nap"):
        enqueue(foreman.client, kind)
    assert foreman.run_until_idle().passed_s == 120


def test_more_coroutines_sleep_side_by_side_than_a_loop_has_threads(foreman: ForemanTest) -> None:
    """A loop's own executor has at most 32: https://docs.python.org/3/library/concurrent.futures.html."""

    async def nap(task: Task) -> None:
        await foreman.clock.sleep_async(60)

    foreman.worker({"nap": nap}, concurrency=40)
    for _ in range(40):
        enqueue(foreman.client, "nap")
    assert foreman.run_until_idle().passed_s == 60


def test_as_many_coroutines_may_block_as_the_worker_has_room_for(foreman: ForemanTest) -> None:
    async def nap(task: Task) -> None:
        await asyncio.to_thread(foreman.clock.sleep, 60)

    foreman.worker({"nap": nap}, concurrency=40)
    for _ in range(40):
        enqueue(foreman.client, "nap")
    assert foreman.run_until_idle().passed_s == 60


def test_a_handler_may_wait_for_its_child(foreman: ForemanTest) -> None:
    def parent(task: Task, ctx: TaskContext) -> int:
        child = ctx.spawn("child", 20).unwrap()
        return int(foreman.client.wait_for_task(child.id).unwrap().output_data) + 1

    foreman.worker({"parent": parent, "child": lambda task: task.input_data * 2}, concurrency=2)
    task = enqueue(foreman.client, "parent")
    assert foreman.client.wait_for_task(task.id).unwrap().output_data == 41


def test_waiting_lets_workers_work_also_in_an_async_test(foreman: ForemanTest) -> None:
    async def hello(task: Task, ctx: AsyncTaskContext) -> str:
        await ctx.run_data.create("greeted", task.input_data)
        return f"Hello, {task.input_data}!"

    async def main() -> list[object]:
        async with foreman.async_client() as client:
            run = (await client.create_run(input_data=None)).unwrap()
            names = ("Ada", "Grace")
            tasks = [
                (
                    await client.enqueue_task(run_id=run.id, type="hello", input_data=name, delay_seconds=30)
                ).unwrap()
                for name in names
            ]
            done = await asyncio.gather(*(client.wait_for_task(task.id) for task in tasks))
            return [each.unwrap().output_data for each in done]

    foreman.worker({"hello": hello})
    assert asyncio.run(main()) == ["Hello, Ada!", "Hello, Grace!"]


def test_waiting_in_vain_ends_in_virtual_time(foreman: ForemanTest) -> None:
    task = enqueue(foreman.client, "nobody-does-this")
    began = time.monotonic()
    result = foreman.client.wait_for_task(task.id, timeout_s=3600)
    assert not result.success
    assert result.error.code == "wait_timeout"
    assert foreman.clock.monotonic() == 3600
    assert time.monotonic() - began < 60


def test_results_without_end_are_refused_once_nothing_can_come(foreman: ForemanTest) -> None:
    with pytest.raises(RestlessError, match="idle_s"):
        list(foreman.client.results())


def test_a_flow_that_never_rests_is_found_out(foreman: ForemanTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foreman_client.testing._conductor.MOST_STEPS", 50)
    foreman.worker({"again": lambda task, ctx: ctx.spawn("again", None).unwrap() and None})
    enqueue(foreman.client, "again")
    with pytest.raises(RestlessError, match="50 steps at one instant"):
        foreman.run_until_idle()


def test_a_handler_that_blocks_for_real_is_named() -> None:
    with ForemanTest(patience_s=0.05) as foreman:
        foreman.worker({"blocks": lambda _: time.sleep(0.3)})
        task = enqueue(foreman.client, "blocks")
        with pytest.raises(StuckError, match=f"the handler of 'blocks' with task {task.id}"):
            foreman.run_until_idle()


def test_inside_a_handler_nobody_else_conducts(foreman: ForemanTest) -> None:
    foreman.worker({"conducts": lambda _: foreman.run_until_idle()})
    task = enqueue(foreman.client, "conducts", max_retries=0)
    assert foreman.run_until_idle()
    error = foreman.client.get_task(task.id).unwrap().error_data
    assert (error["type"], "use clock.sleep" in error["message"]) == ("RuntimeError", True)
