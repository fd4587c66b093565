"""What is held is kept alive, at Foreman and on the queue; what is over is stopped and never reported."""

import threading
from collections import deque
from typing import Any

import pytest

from foreman_client import TaskContext
from foreman_client.worker.attempts import Attempt, Holdings
from foreman_client.worker.disposal import Disposal
from foreman_client.worker.heartbeat import Heartbeat
from foreman_client.worker.options import Timing, WorkerOptions
from foreman_client.worker.pace import Pace
from foreman_contract.enums import Priority
from foreman_contract.tasks import Task
from tests.unit.client.records import task_id, task_json
from tests.unit.client.stub_worker import AWAY, FakeApi, FakeQueue, message, until, won, working


class Pulse:
    """A heartbeat whose clock the test moves."""

    def __init__(self, api: FakeApi | None = None) -> None:
        self.now = 100.0
        self.api = api or FakeApi()
        self.queue = FakeQueue()
        self.holdings = Holdings()
        options = WorkerOptions("w-1", 10, None)
        disposal = Disposal({Priority.NORMAL: self.queue}, Timing())
        self.heartbeat = Heartbeat(
            self.api, options, self.holdings, disposal, Pace(monotonic=lambda: self.now)
        )

    def hold(self, number: int, beat_at: float = 120.0, attempt: int = 1) -> Attempt:
        task = Task.model_validate(task_json(number, status="running", attempt=attempt))
        held = Attempt(task, message(number), beat_at)
        self.holdings.add(held)
        return held


def test_what_is_held_while_the_rhythm_is_being_found_is_not_overlooked() -> None:
    pulse = Pulse()
    seen = pulse.holdings.changes
    assert pulse.heartbeat.due_in_s() is None
    pulse.hold(1)
    assert pulse.holdings.wait_for_change(None, seen)


def test_nothing_held_is_nothing_to_say() -> None:
    assert Pulse().heartbeat.due_in_s() is None


def test_the_attempt_that_is_due_first_sets_the_rhythm_and_one_call_is_for_all() -> None:
    pulse = Pulse()
    pulse.hold(1, beat_at=120)
    pulse.hold(2, beat_at=103)
    assert pulse.heartbeat.due_in_s() == 3
    pulse.heartbeat.beat()
    assert pulse.api.beats == [[{"id": task_id(1), "attempt": 1}, {"id": task_id(2), "attempt": 1}]]


def test_the_next_beat_comes_after_a_third_of_what_is_left_of_the_lease() -> None:
    pulse = Pulse(FakeApi(on_heartbeat=deque([{1: {"outcome": "extended", "seconds": 45}}])))
    pulse.hold(1)
    pulse.hold(2)
    pulse.heartbeat.beat()
    assert pulse.heartbeat.due_in_s() == 15


def test_visibility_is_renewed_along_with_a_margin() -> None:
    pulse = Pulse(FakeApi(on_heartbeat=deque([{1: {"outcome": "extended", "seconds": 45}}])))
    pulse.hold(1)
    pulse.hold(2)
    pulse.heartbeat.beat()
    assert pulse.queue.hidden == [("handle-1", 50), ("handle-2", 65)]


def test_a_call_names_at_most_a_hundred_attempts_each_task_once() -> None:
    pulse = Pulse()
    for number in range(1, 121):
        pulse.hold(number)
    pulse.hold(1, attempt=2)
    pulse.heartbeat.beat()
    assert [len(beats) for beats in pulse.api.beats] == [100, 20]
    assert {"id": task_id(1), "attempt": 2} in pulse.api.beats[0]


def test_while_foreman_is_away_messages_stay_hidden_and_it_is_asked_again_soon() -> None:
    pulse = Pulse(FakeApi(on_heartbeat=deque([AWAY])))
    attempt = pulse.hold(1)
    pulse.heartbeat.beat()
    assert pulse.queue.hidden == [("handle-1", 65)]
    assert pulse.heartbeat.due_in_s() == 2
    assert not attempt.cancelled.is_set()


@pytest.mark.parametrize(
    ("outcome", "deleted", "hidden"),
    [
        ({"outcome": "cancelled", "message": "delete"}, ["handle-1"], []),
        ({"outcome": "timed_out", "message": "delete"}, ["handle-1"], []),
        ({"outcome": "lost", "message": "leave"}, [], []),
        ({"outcome": "lost", "message": "hide", "seconds": 7}, [], [("handle-1", 7)]),
    ],
)
def test_an_attempt_that_is_over_is_stopped_never_reported_and_its_message_treated_as_told(
    outcome: dict[str, Any], deleted: list[str], hidden: list[tuple[str, int]]
) -> None:
    told = threading.Event()

    def handler(task: Any, ctx: TaskContext) -> None:
        if task.input_data["n"] == 1:
            until(lambda: ctx.cancelled)
            told.set()
            ctx.raise_if_cancelled()

    api = FakeApi(on_claim=deque([{1: won(1, seconds=0)}]), on_heartbeat=deque([{1: outcome}]))
    with working({"work": handler}, api=api, concurrency=1) as bench:
        bench.queue.put(message(1))
        assert told.wait(3)
        bench.queue.put(message(2))
        until(lambda: "handle-2" in bench.queue.deleted)
    assert list(api.reported()) == [2]
    assert [handle for handle in bench.queue.deleted if handle != "handle-2"] == deleted
    assert bench.queue.hidden == hidden


def test_progress_is_told_once_and_only_the_last() -> None:
    pulse = Pulse(FakeApi(on_heartbeat=deque([AWAY])))
    attempt = pulse.hold(1)
    attempt.set_progress({"done": 1})
    attempt.set_progress({"done": 2})
    for _ in range(3):
        pulse.heartbeat.beat()
    assert [beats[0].get("progress") for beats in pulse.api.beats] == [{"done": 2}, {"done": 2}, None]


def test_a_null_is_progress_too() -> None:
    pulse = Pulse()
    pulse.hold(1).set_progress(None)
    pulse.heartbeat.beat()
    assert pulse.api.beats == [[{"id": task_id(1), "attempt": 1, "progress": None}]]


def test_a_lost_attempt_and_the_next_one_of_the_same_task_do_not_meet() -> None:
    first_told, go = threading.Event(), threading.Event()

    def handler(task: Any, ctx: TaskContext) -> int:
        if ctx.attempt == 1:
            until(lambda: ctx.cancelled)
            first_told.set()
            go.wait(3)
        return ctx.attempt

    api = FakeApi(
        on_claim=deque([{1: won(1, seconds=0)}, {1: won(1, attempt=2)}]),
        on_heartbeat=deque([{1: {"outcome": "lost", "message": "leave"}}]),
    )
    with working({"work": handler}, api=api, concurrency=2) as bench:
        bench.queue.put(message(1))
        assert first_told.wait(3)
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
        go.set()
    assert [report["attempt"] for call in api.reports for report in call] == [2]
