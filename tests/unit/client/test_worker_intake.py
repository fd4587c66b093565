"""A worker receives what it can start now, claims it, and does with every message what it is told."""

import json
import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from foreman_client.worker.queue import QueueFaultError, Received
from tests.unit.client.records import task_id
from tests.unit.client.stub_worker import AWAY, FAST, FakeApi, FakeQueue, message, until, won, working


def done(task: Any) -> dict[str, Any]:
    return {"was": task.input_data["n"]}


def test_a_task_is_claimed_run_reported_and_its_message_deleted_as_told() -> None:
    with working({"work": done}) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    (report,) = bench.api.reports[0]
    assert report == {"id": task_id(1), "attempt": 1, "status": "completed", "outputData": {"was": 1}}


def test_all_messages_of_one_receive_are_claimed_in_one_call() -> None:
    with working({"work": done}) as bench:
        bench.queue.put(*map(message, range(1, 11)))
        until(lambda: len(bench.queue.deleted) == 10)
    assert [numbers for _, numbers in bench.api.claims] == [list(range(1, 11))]


def test_every_claim_has_an_id_of_its_own() -> None:
    with working({"work": done}) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted)
        bench.queue.put(message(2))
        until(lambda: len(bench.queue.deleted) == 2)
    assert len({claim_id for claim_id, _ in bench.api.claims}) == 2


@pytest.mark.parametrize(
    ("concurrency", "lease", "asked"), [(3, None, (3, 20, 65)), (50, None, (10, 20, 65)), (1, 5, (1, 20, 10))]
)
def test_a_receive_asks_for_free_slots_up_to_ten_hidden_for_the_lease_and_a_margin(
    concurrency: int, lease: int | None, asked: tuple[int, int, int]
) -> None:
    with working({"work": done}, concurrency=concurrency, lease_seconds=lease) as bench:
        until(lambda: bench.queue.receives)
    assert bench.queue.receives[0] == asked


def test_nothing_is_received_while_every_slot_is_busy() -> None:
    hold, running = threading.Event(), threading.Semaphore(0)

    def handler(task: Any) -> None:
        running.release()
        hold.wait(3)

    with working({"work": handler}, concurrency=2) as bench:
        bench.queue.put(*map(message, range(1, 6)))
        assert running.acquire(timeout=3)
        assert running.acquire(timeout=3)
        assert len(bench.queue.waiting) == 3
        assert len(bench.queue.receives) == 1
        hold.set()
        until(lambda: len(bench.queue.deleted) == 5)
    assert all(most <= 2 for most, _, _ in bench.queue.receives)


@pytest.mark.parametrize(
    ("outcome", "deleted", "hidden"),
    [
        ({"outcome": "ended", "message": "delete"}, ["handle-1"], []),
        ({"outcome": "leased", "message": "hide", "seconds": 31}, [], [("handle-1", 31)]),
        ({"outcome": "delayed", "message": "hide", "seconds": 900}, [], [("handle-1", 900)]),
        ({"outcome": "blocked", "message": "delete"}, ["handle-1"], []),
        ({"outcome": "blocked", "message": "leave"}, [], []),
    ],
)
def test_what_is_not_claimed_is_not_run_and_its_message_is_treated_as_told(
    outcome: dict[str, Any], deleted: list[str], hidden: list[tuple[str, int]]
) -> None:
    ran: list[Any] = []
    api = FakeApi(on_claim=deque([{1: outcome}]))
    with working({"work": lambda task: ran.append(task.input_data["n"])}, api=api) as bench:
        bench.queue.put(message(1), message(2))
        until(lambda: "handle-2" in bench.queue.deleted)
    assert ran == [2]
    assert sorted(bench.queue.deleted) == [*deleted, "handle-2"]
    assert bench.queue.hidden == hidden


def test_deferred_tasks_are_asked_for_again_at_once() -> None:
    api = FakeApi(on_claim=deque([{2: {"outcome": "deferred", "message": "hide", "seconds": 0}}]))
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1), message(2))
        until(lambda: len(bench.queue.deleted) == 2)
    assert [numbers for _, numbers in api.claims] == [[1, 2], [2]]
    assert bench.queue.hidden == []


def test_deferred_tasks_are_asked_for_until_all_are_claimed() -> None:
    """As ten inputs of 1 MB come: three in each answer."""
    later = {"outcome": "deferred", "message": "hide", "seconds": 0}
    answers = [dict.fromkeys(range(first, 11), later) for first in (4, 7, 10)]
    api = FakeApi(on_claim=deque(answers))
    with working({"work": done}, api=api, concurrency=10) as bench:
        bench.queue.put(*map(message, range(1, 11)))
        until(lambda: len(bench.queue.deleted) == 10)
    claimed = [numbers for _, numbers in api.claims]
    assert claimed == [list(range(first, 11)) for first in (1, 4, 7, 10)]
    assert len({claim_id for claim_id, _ in api.claims}) == 4
    assert bench.queue.hidden == []


def test_a_claim_that_defers_everything_is_not_repeated_without_end() -> None:
    deferred = {1: {"outcome": "deferred", "message": "hide", "seconds": 3}}
    with working({"work": done}, api=FakeApi(on_claim=deque([deferred]))) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.hidden == [("handle-1", 3)])
    assert len(bench.api.claims) == 1


UNKNOWN = {1: {"outcome": "unknown", "message": "hide", "seconds": 5}}


def test_an_unknown_task_is_claimed_again_until_its_record_has_come() -> None:
    api = FakeApi(on_claim=deque([UNKNOWN, UNKNOWN]))
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1), message(2))
        until(lambda: len(bench.queue.deleted) == 2)
    assert [numbers for _, numbers in api.claims] == [[1, 2], [1], [1]]
    assert len({claim_id for claim_id, _ in api.claims}) == 3
    assert bench.queue.hidden == []


def test_a_task_that_stays_unknown_is_claimed_four_times_before_doing_as_told() -> None:
    api = FakeApi(on_claim=deque([UNKNOWN] * 9))
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.hidden)
        assert bench.queue.hidden == [("handle-1", 5)]
    assert len(api.claims) == 4


def test_a_claim_without_an_answer_is_repeated_as_it_is_and_nothing_is_received_meanwhile() -> None:
    receives_at_claim: list[int] = []
    queue = FakeQueue()

    def away() -> Any:
        receives_at_claim.append(len(queue.receives))
        return AWAY

    api = FakeApi(on_claim=deque([away, away, away]))
    with working({"work": done}, api=api, queue=queue) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    assert len(api.claims) == 4
    assert len({claim_id for claim_id, _ in api.claims}) == 1
    assert receives_at_claim == [1, 1, 1]


def test_while_claims_fail_messages_stay_hidden() -> None:
    api = FakeApi(on_claim=deque([AWAY] * 3))
    timing = replace(FAST, visibility_margin_s=-60)
    with working({"work": done}, api=api, timing=timing) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    assert ("handle-1", 0) in bench.queue.hidden


def test_a_type_without_a_handler_is_hidden_warned_of_once_and_not_claimed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with working({"work": done}) as bench:
        bench.queue.put(message(1, "other"), message(2, "other"), message(3))
        until(lambda: bench.queue.deleted == ["handle-3"])
        bench.queue.put(message(4, "other"))
        until(lambda: len(bench.queue.hidden) == 3)
    assert [seconds for _, seconds in bench.queue.hidden] == [30, 30, 30]
    assert [numbers for _, numbers in bench.api.claims] == [[3]]
    assert [record.getMessage() for record in caplog.records if "'other'" in record.getMessage()] == [
        "no handler for tasks of type 'other'; their messages are hidden for others"
    ]


@pytest.mark.parametrize(
    "body",
    ["not json secret", "[]", "{}", '{"taskId": "secret"}', json.dumps({"taskId": task_id(1), "v": 2})],
)
def test_a_message_that_is_none_is_left_alone_and_never_printed(
    body: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with working({"work": done}) as bench:
        bench.queue.put(Received(body, "odd"), message(2))
        until(lambda: bench.queue.deleted == ["handle-2"])
    assert bench.queue.hidden == []
    assert [numbers for _, numbers in bench.api.claims] == [[2]]
    assert "not a task message" in caplog.text
    assert "secret" not in caplog.text


def test_unknown_fields_of_a_message_are_ignored() -> None:
    with working({"work": done}) as bench:
        bench.queue.put(message(1, future={"a": 1}))
        until(lambda: bench.queue.deleted == ["handle-1"])


def test_a_second_message_of_the_same_task_is_left_alone() -> None:
    with working({"work": done}) as bench:
        bench.queue.put(message(1), Received(message(1).body, "twin"))
        until(lambda: bench.queue.deleted == ["handle-1"])
    assert bench.api.claims[0][1] == [1]
    assert bench.queue.hidden == []


def test_a_queue_that_fails_is_logged_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    queue = FakeQueue(faults=deque([QueueFaultError("ExpiredToken")] * 4))
    with working({"work": done}, queue=queue) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    assert caplog.text.count("ExpiredToken") == 1


class ThrottledOnce(FakeQueue):
    """Fails the first delete, and nothing else."""

    throttled = False

    def delete(self, handles: Sequence[str]) -> None:
        if not self.throttled:
            self.throttled = True
            raise QueueFaultError("throttled")
        super().delete(handles)


def test_a_message_that_could_not_be_deleted_comes_back_and_is_told_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = ThrottledOnce()
    api = FakeApi(on_claim=deque([{}, {1: {"outcome": "ended", "message": "delete"}}]))
    with working({"work": done}, api=api, queue=queue) as bench:
        bench.queue.put(message(1))
        until(lambda: "throttled" in caplog.text)
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    assert len(api.reports) == 1


def test_the_record_counts_not_the_message() -> None:
    api = FakeApi(on_claim=deque([{1: won(1, type="other")}]))
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted)
    assert api.reported()[1]["errorData"]["type"] == "LookupError"
