"""What is still waiting is named with its reason; and what the deployment does by itself it does here too."""

import logging

import httpx
import pytest

from foreman_client import Task, TaskContext
from foreman_client.testing import ForemanTest
from tests.unit.testing.test_time import enqueue


def reasons(foreman: ForemanTest) -> dict[str, str]:
    return {each.type: each.reason for each in foreman.run_until_idle(max_seconds=0).waiting}


def test_every_task_that_waits_says_for_what(foreman: ForemanTest) -> None:
    client = foreman.client
    foreman.worker(
        {"later": lambda _: 1, "again": lambda _: 1 / 0, "asleep": lambda _: foreman.clock.sleep(90)}
    )
    run = client.create_run(
        input_data=None,
        tasks=[
            {"ref": "a", "type": "unhandled", "input_data": 1, "priority": "high"},
            {"type": "behind", "input_data": 1, "depends_on": ["a"]},
            {"type": "later", "input_data": 1, "delay_seconds": 20},
        ],
    ).unwrap()
    client.create_task(run_id=run.id, type="recorded", input_data=1).unwrap()
    outside = client.create_task(run_id=run.id, type="outside", input_data=1).unwrap()
    client.update_task(outside.id, status="running").unwrap()
    enqueue(client, "again")
    enqueue(client, "asleep")
    told = reasons(foreman)
    assert told.pop("again").startswith("must not start for another ")
    assert told == {
        "unhandled": "no worker here has a handler for 'unhandled' on queue foreman:tasks (high)",
        "behind": "waits for what it depends on (1 task)",
        "later": "must not start for another 20 s",
        "recorded": "was recorded without a message: whoever created it must run and update it",
        "outside": "is being run outside of any worker: whoever set it running must update it",
        "asleep": "attempt 1 of worker worker-1 has not ended; its lease ends in 60 s",
    }


def test_when_all_has_ended_it_says_so(foreman: ForemanTest) -> None:
    foreman.worker({"later": lambda _: 1})
    enqueue(foreman.client, "later", delay_seconds=20)
    rest = foreman.run_until_idle()
    assert (bool(rest), str(rest), rest.waiting) == (True, "everything has ended after 20 s", ())


def test_a_task_that_nobody_could_take_for_long_is_not_lost(foreman: ForemanTest) -> None:
    """SQS gives up on a message at the 100th receive; the deployment sends it afresh."""
    foreman.worker({"other": lambda _: 1})
    task = enqueue(foreman.client, "late")
    for _ in range(110):
        foreman.clock.advance(31)
    foreman.worker({"late": lambda _: "done"})
    assert foreman.run_until_idle()
    assert foreman.client.get_task(task.id).unwrap().output_data == "done"


def test_an_event_that_is_given_back_a_hundred_times_is_given_up(foreman: ForemanTest) -> None:
    run = foreman.client.create_run(input_data=None).unwrap()
    foreman.client.cancel_run(run.id).unwrap()
    for _ in range(100):
        for event in foreman.client.results(idle_s=1):
            assert event.run_id == run.id
            break
    assert list(foreman.client.results(idle_s=1)) == []


def test_a_large_run_is_cancelled_and_retried_in_the_background(foreman: ForemanTest) -> None:
    def count(task: Task, ctx: TaskContext) -> int:
        return ctx.attempt

    run = foreman.client.create_run(input_data=None, auto_complete=True).unwrap()
    tasks = [{"type": "count", "input_data": n} for n in range(250)]
    foreman.client.enqueue_tasks(run_id=run.id, tasks=tasks).unwrap()  # type: ignore[arg-type]
    foreman.client.cancel_run(run.id).unwrap()
    assert foreman.run_until_idle()
    assert foreman.client.get_run(run.id).unwrap().cancelled_tasks == 250
    foreman.worker({"count": count})
    foreman.client.retry_run(run.id).unwrap()
    assert foreman.run_until_idle()
    done = foreman.client.get_run(run.id).unwrap()
    assert (done.status, done.completed_tasks) == ("completed", 250)


def test_paths_and_methods_that_are_not_there(foreman: ForemanTest) -> None:
    http = foreman.client.session.connections.client()
    answers = [
        http.request(method, foreman.config.endpoint + path)
        for method, path in (("PUT", "/api/v1/runs"), ("GET", "/x"))
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (405, "method_not_allowed"),
        (404, "not_found"),
    ]
    assert answers[0].headers["allow"] == "GET, POST"


def test_a_bug_of_the_engine_is_logged_and_answered_as_one(
    foreman: ForemanTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> httpx.Response:
        raise ZeroDivisionError

    monkeypatch.setattr("foreman_client.testing._service.serve", broken)
    with caplog.at_level(logging.ERROR, "foreman_client.testing"):
        result = foreman.client.list_runs()
    assert not result.success
    assert (result.error.status, result.error.code) == (500, "internal_error")
    assert "ZeroDivisionError" in caplog.text
