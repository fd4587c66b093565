"""A stop takes in nothing more, lets handlers finish, hands back the rest, and returns in time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from typing import Any

import pytest

from foreman_client import TaskContext
from foreman_client.worker.queue import Received
from foreman_client.worker.status import WorkerState
from foreman_contract.enums import Priority
from tests.unit.client.stub_worker import AWAY, FakeApi, FakeQueue, message, until, won, worker_on, working


def test_a_stop_waits_for_the_open_poll_and_gives_back_what_it_brings() -> None:
    with working({"work": lambda task: None}) as bench:
        until(lambda: bench.queue.receives)
        threading.Timer(0.05, bench.queue.put, [message(1)]).start()
        bench.worker.stop(0.5)
        assert bench.queue.hidden == [("handle-1", 0)]
    assert bench.api.claims == []
    assert len(bench.queue.receives) == 1


def test_a_stop_waits_no_longer_than_its_deadline_although_it_polls_for_20_seconds() -> None:
    with working({"work": lambda task: None}) as bench:
        until(lambda: bench.queue.receives)
        began = time.monotonic()
        bench.worker.stop(0.05)
        assert time.monotonic() - began < 0.5


def test_running_handlers_finish_and_are_reported() -> None:
    running, go = threading.Event(), threading.Event()

    def handler(task: Any) -> str:
        running.set()
        go.wait(3)
        return "done"

    with working({"work": handler}) as bench:
        bench.queue.put(message(1))
        assert running.wait(3)
        threading.Timer(0.02, go.set).start()
        bench.worker.stop(0.5)
        assert bench.api.reported()[1]["outputData"] == "done"
        assert bench.queue.deleted == ["handle-1"]


def test_handlers_that_run_past_the_deadline_are_told_and_released_and_not_waited_for() -> None:
    running, told, go = threading.Event(), threading.Event(), threading.Event()

    def handler(task: Any, ctx: TaskContext) -> str:
        running.set()
        until(lambda: ctx.cancelled)
        told.set()
        go.wait(3)
        return "too late"

    with working({"work": handler}) as bench:
        bench.queue.put(message(1))
        assert running.wait(3)
        bench.worker.stop(0.02)
        assert told.wait(3)
        go.set()
    assert [[(r["status"], r["attempt"]) for r in call] for call in bench.api.reports] == [[("released", 1)]]
    assert bench.queue.deleted == ["handle-1"]


def test_a_second_stop_brings_the_deadline_forward() -> None:
    running = threading.Event()

    def handler(task: Any, ctx: TaskContext) -> None:
        running.set()
        until(lambda: ctx.cancelled)

    with working({"work": handler}) as bench:
        bench.queue.put(message(1))
        assert running.wait(3)
        first = threading.Thread(target=bench.worker.stop, args=(60,))
        first.start()
        bench.worker.stop(0)
        first.join(3)
        assert not first.is_alive()
    assert bench.api.reported()[1]["status"] == "released"


def test_a_task_won_while_stopping_is_handed_back_unstarted() -> None:
    asked, go, ran = threading.Event(), threading.Event(), threading.Event()

    def answer_late() -> Any:
        asked.set()
        go.wait(3)
        return {1: won(1)}

    api = FakeApi(on_claim=deque([answer_late]))
    with working({"work": lambda task: ran.set()}, api=api) as bench:
        bench.queue.put(message(1))
        assert asked.wait(3)
        threading.Timer(0.02, go.set).start()
        bench.worker.stop(0.5)
    assert api.reported()[1]["status"] == "released"
    assert not ran.is_set()


def test_messages_whose_claim_fails_are_given_back() -> None:
    api = FakeApi(on_claim=deque([AWAY] * 10_000))
    with working({"work": lambda task: None}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: api.claims)
        bench.worker.stop(0.5)
        assert bench.queue.hidden[-1] == ("handle-1", 0)


def test_a_stop_flushes_reports_that_fail_but_not_for_ever() -> None:
    api = FakeApi(on_report=deque([AWAY] * 3))
    with working({"work": lambda task: None}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: api.reports)
        bench.worker.stop(0.3)
        assert bench.queue.deleted == ["handle-1"]
    gone = FakeApi(on_report=deque([AWAY] * 100_000))
    with working({"work": lambda task: None}, api=gone) as bench:
        bench.queue.put(message(1))
        until(lambda: gone.reports)
        began = time.monotonic()
        bench.worker.stop(0.3)
        assert time.monotonic() - began < 2
        assert bench.queue.deleted == []


def test_a_worker_starts_once_and_may_be_stopped_any_time() -> None:
    with working({"work": lambda task: None}) as bench:
        with pytest.raises(RuntimeError, match="starts once"):
            bench.worker.start()
        bench.worker.stop(0.3)
        bench.worker.stop(0.3)


@pytest.mark.parametrize("deadline", [None, "10", True])
def test_a_deadline_that_is_no_number_is_refused_before_anything_happens(deadline: Any) -> None:
    with working({"work": lambda task: None}) as bench:
        with pytest.raises(TypeError, match="deadline_s"):
            bench.worker.stop(deadline)
        assert bench.worker.status().state in (WorkerState.STARTING, WorkerState.RUNNING)
    unborn = worker_on({"work": lambda task: None}, FakeApi(), {Priority.NORMAL: FakeQueue()})
    with pytest.raises(TypeError, match="deadline_s"):
        unborn.run(deadline)
    assert unborn.status().state is WorkerState.NEW


class BrokenQueue(FakeQueue):
    """Does what no queue may: it raises something else than a fault of the queue."""

    def receive(self, most: int, wait_s: int, visibility_s: int) -> list[Received]:
        raise ZeroDivisionError


def test_a_worker_with_a_broken_thread_stops_instead_of_holding_what_it_cannot_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with working({"work": lambda task: None}, queue=BrokenQueue()) as bench:
        until(bench.worker._stopped.is_set)
    assert "foreman-poll failed" in caplog.text


IMPORTABLE = f"import sys; sys.path[:0] = {sys.path!r}\n"
PROGRAM = """
import atexit, sys, time
from foreman_client.worker import Worker
from foreman_client.worker.options import WorkerOptions
from foreman_contract.enums import Priority
from tests.unit.client.stub_service import CONFIG, serving, answer
from tests.unit.client.stub_worker import FAST, FakeApi, FakeQueue, message

def handler(task):
    print("running", flush=True)
    time.sleep(float(sys.argv[1]))
    return "done"

api, queue = FakeApi(), FakeQueue()
queue.put(message(1))
options = WorkerOptions("w", 1, None, timing=FAST)
queues = {Priority.NORMAL: queue}
worker = Worker({"work": handler}, options, api, queues, serving(answer(200)).session(), CONFIG)

def tell():
    print([result["status"] for call in api.reports for result in call], queue.deleted, flush=True)

atexit.register(tell)
if sys.argv[2] == "run":
    worker.run(deadline_s=30)
else:
    worker.start()
    time.sleep(0.3)
"""


def start_program(*arguments: str) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-c", IMPORTABLE + PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "running\n"
    return child


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_finishes_what_runs_on_a_signal_and_returns(number: signal.Signals) -> None:
    with start_program("0.3", "run") as child:
        os.kill(child.pid, number)
        out, _ = child.communicate(timeout=5)
    assert (child.returncode, out) == (0, "['completed'] ['handle-1']\n")


def test_a_second_signal_releases_at_once() -> None:
    with start_program("60", "run") as child:
        os.kill(child.pid, signal.SIGTERM)
        time.sleep(0.3)
        os.kill(child.pid, signal.SIGTERM)
        out, _ = child.communicate(timeout=5)
    assert (child.returncode, out) == (0, "['released'] ['handle-1']\n")


def test_a_process_that_ends_without_a_stop_releases_what_runs() -> None:
    with start_program("60", "start") as child:
        out, _ = child.communicate(timeout=5)
    assert (child.returncode, out) == (0, "['released'] ['handle-1']\n")
