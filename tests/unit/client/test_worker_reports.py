"""Results travel together, until they are answered; only then is a message let go, as the answer says."""

import threading
from collections import deque
from dataclasses import replace
from typing import Any

import pytest

from foreman_client._json import encode, escaped_size
from tests.unit.client.records import task_id
from tests.unit.client.stub_worker import AWAY, FAST, FakeApi, message, refused, until, won, working


def done(task: Any) -> int:
    return int(task.input_data["n"])


def test_results_that_end_together_travel_together() -> None:
    meeting = threading.Barrier(10)
    slow = replace(FAST, report_linger_s=0.5)
    with working({"work": lambda task: meeting.wait(3)}, timing=slow) as bench:
        bench.queue.put(*map(message, range(1, 11)))
        until(lambda: len(bench.queue.deleted) == 10)
    assert len(bench.api.reports) <= 2


def test_the_last_result_does_not_wait_for_company() -> None:
    lonely = replace(FAST, report_linger_s=60.0)
    with working({"work": done}, timing=lonely) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])


def test_a_report_holds_at_most_25_results() -> None:
    api, gate = FakeApi(), threading.Event()
    api.on_report = deque([lambda: gate.wait(3) and {}])
    with working({"work": done}, api=api, concurrency=60) as bench:
        bench.queue.put(*map(message, range(1, 61)))
        until(lambda: len(bench.api.claims) >= 6 and not bench.worker.status().running)
        gate.set()
        until(lambda: len(bench.queue.deleted) == 60)
    sizes = [len(report) for report in api.reports]
    assert max(sizes) == 25
    assert sum(sizes) == 60


MB = 1024 * 1024
OUTPUTS = {
    "letters": "x" * (MB - 4),
    "quotes": '"' * (MB // 4 - 1),
    "many bytes": "\N{GRINNING FACE}" * (MB // 4 - 1),
}
"""1 MB as the service counts, which escapes the JSON text once more; the text's own quotes included."""


@pytest.mark.parametrize("kind", OUTPUTS)
def test_25_outputs_of_1_mb_are_reported_in_bodies_of_at_most_4_mb(kind: str) -> None:
    assert escaped_size(encode(OUTPUTS[kind])) == MB
    api, gate = FakeApi(), threading.Event()
    api.on_report = deque([lambda: gate.wait(20) and {}])
    with working({"work": lambda task: OUTPUTS[kind]}, api=api, concurrency=30) as bench:
        bench.queue.put(*map(message, range(1, 27)))
        until(lambda: len(api.claims) >= 3 and not bench.worker.status().running, 20)
        gate.set()
        until(lambda: len(bench.queue.deleted) == 26, 20)
    bodies = [encode({"workerId": "w" * 128, "results": report}) for report in api.reports]
    assert max(map(escaped_size, bodies)) <= 4 * MB
    assert {number: report["status"] for number, report in api.reported().items()} == dict.fromkeys(
        range(1, 27), "completed"
    )
    assert max(map(len, api.reports)) == 3


@pytest.mark.parametrize(
    ("outcome", "deleted", "hidden"),
    [
        ({"outcome": "recorded", "status": "retrying", "message": "delete"}, ["handle-1"], []),
        ({"outcome": "stale", "message": "leave"}, [], []),
        ({"outcome": "unknown", "message": "hide", "seconds": 5}, [], [("handle-1", 5)]),
        ({"outcome": "recorded", "message": "hide", "seconds": 9}, [], [("handle-1", 9)]),
    ],
)
def test_a_message_is_deleted_hidden_or_left_exactly_as_told(
    outcome: dict[str, Any], deleted: list[str], hidden: list[tuple[str, int]]
) -> None:
    api = FakeApi(on_report=deque([{1: outcome}]))
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: api.reports)
        bench.queue.put(message(2))
        until(lambda: "handle-2" in bench.queue.deleted)
    assert [handle for handle in bench.queue.deleted if handle != "handle-2"] == deleted
    assert bench.queue.hidden == hidden


def test_nothing_is_deleted_before_its_report_is_answered() -> None:
    api, asked, gate = FakeApi(), threading.Event(), threading.Event()
    api.on_report = deque([lambda: asked.set() or (gate.wait(3) and {})])  # type: ignore[func-returns-value]
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1))
        assert asked.wait(3)
        assert bench.queue.deleted == []
        gate.set()
        until(lambda: bench.queue.deleted == ["handle-1"])


def test_a_report_without_an_answer_is_repeated_while_the_lease_is_kept_alive() -> None:
    api = FakeApi(on_report=deque([AWAY] * 8))
    api.on_claim = deque([{1: won(1, seconds=0)}])
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])
    assert api.reports == [api.reports[0]] * 9
    assert api.beats


def test_a_heartbeat_that_finds_the_attempt_over_does_not_stop_its_report() -> None:
    lost = {1: {"outcome": "lost", "message": "leave"}}
    api = FakeApi(on_report=deque([AWAY] * 8), on_heartbeat=deque([lost] * 50))
    api.on_claim = deque([{1: won(1, seconds=0)}])
    with working({"work": lambda task: None}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted == ["handle-1"])


@pytest.mark.parametrize("status", [400, 413])
def test_one_refused_result_does_not_hold_up_the_others(status: int) -> None:
    api, gate = FakeApi(), threading.Event()
    api.on_report = deque([lambda: gate.wait(3) and {}, refused(status), refused(status)])
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: api.reports)
        bench.queue.put(message(2), message(3))
        until(lambda: len(api.claims) >= 2 and not bench.worker.status().running)
        gate.set()
        until(lambda: len(bench.queue.deleted) == 3)
    calls = [[result["id"] for result in call] for call in api.reports[1:]]
    assert calls == [[task_id(2), task_id(3)], [task_id(2)], [task_id(2)], [task_id(3)]]
    assert api.reported()[2]["errorData"]["code"] == "report_refused"
    assert api.reported()[2]["retryable"] is False
    assert api.reported()[3]["status"] == "completed"


def test_a_result_that_is_refused_in_every_form_is_left_to_its_lease(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = FakeApi(on_report=deque([refused(400), refused(400)]))
    with working({"work": done}, api=api) as bench:
        bench.queue.put(message(1))
        until(lambda: "is refused" in caplog.text)
        bench.queue.put(message(2))
        until(lambda: bench.queue.deleted == ["handle-2"])
