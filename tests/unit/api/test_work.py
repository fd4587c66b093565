"""Claim, report and heartbeat over HTTP: contract section 5."""

import json
from dataclasses import replace
from typing import Any

import pytest

from foreman_contract import limits
from foreman_contract.enums import TaskStatus
from foreman_engine.domain.ids import make_task_id
from foreman_engine.domain.tasks import Change
from foreman_engine.domain.tasks import finish as finished
from foreman_engine.domain.work import Work
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.work import finish_work
from tests.factories import MISSING_ID, Api
from tests.unit.api.flows import claim, finish, get_run, get_task, heartbeat, make_run, make_task, report

LEASE_MS = limits.DEFAULT_LEASE_S * 1000


@pytest.fixture
def run(api: Api) -> dict[str, Any]:
    return make_run(api)


@pytest.fixture
def task(api: Api, run: dict[str, Any]) -> dict[str, Any]:
    return make_task(api, run["id"])


def waiting(api: Api, queue: str = "foreman:tasks") -> int:
    messages: Any = api.ports.messages
    return len(messages.bodies(messages.url(api.org_id, queue)))


def events(api: Api, queue: str = "foreman:results") -> list[dict[str, Any]]:
    messages: Any = api.ports.messages
    return [json.loads(body) for body in messages.bodies(messages.url(api.org_id, queue))]


class TestClaim:
    def test_it_starts_the_attempt_and_the_run(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        clock.advance(500)
        result = claim(api, task["id"])
        assert (result["outcome"], result["seconds"]) == ("claimed", 60)
        assert "message" not in result
        held = result["task"]
        assert (held["status"], held["attempt"], held["workerId"]) == ("running", 1, "w1")
        assert (held["startedAt"], held["inputData"]) == (clock.now_ms(), {"n": 1})
        assert get_run(api, task["runId"])["startedAt"] == clock.now_ms()

    def test_another_claim_meanwhile_is_told_to_hide_until_the_lease_ends(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        clock.advance(10_500)
        result = claim(api, task["id"], worker="w2", claim_id="c2")
        assert result == {"id": task["id"], "outcome": "leased", "message": "hide", "seconds": 50}

    def test_the_same_claim_again_gets_the_same_attempt_again(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        clock.advance(20_000)
        again = claim(api, task["id"])
        assert (again["outcome"], again["task"]["attempt"], again["seconds"]) == ("claimed", 1, 40)

    def test_a_lease_is_exact_when_asked_for(self, api: Api, task: dict[str, Any]) -> None:
        assert claim(api, task["id"], leaseSeconds=7)["seconds"] == 7

    def test_a_lost_attempt_uses_up_a_retry(self, api: Api, task: dict[str, Any], clock: ManualClock) -> None:
        claim(api, task["id"])
        clock.advance(LEASE_MS)
        result = claim(api, task["id"], worker="w2", claim_id="c2")
        assert (result["outcome"], result["task"]["attempt"], result["task"]["retryCount"]) == (
            "claimed",
            2,
            1,
        )

    def test_a_lost_attempt_without_retries_left_fails_the_task(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        task = make_task(api, run["id"], maxRetries=0)
        claim(api, task["id"])
        clock.advance(LEASE_MS)
        result = claim(api, task["id"], worker="w2", claim_id="c2")
        assert result == {"id": task["id"], "outcome": "ended", "message": "delete"}
        failed = get_task(api, task["id"])
        assert (failed["status"], failed["errorData"]["code"]) == ("failed", "worker_lost")
        assert get_run(api, run["id"])["failedTasks"] == 1
        assert [event["event"] for event in events(api)] == ["task.failed"]

    def test_a_running_task_without_a_lease_is_never_given_away(self, api: Api, task: dict[str, Any]) -> None:
        api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "running"})
        result = claim(api, task["id"])
        assert (result["outcome"], result["message"], result["seconds"]) == ("leased", "hide", 900)

    def test_an_ended_task_is_told_to_delete(self, api: Api, task: dict[str, Any]) -> None:
        finish(api, task["id"])
        result = claim(api, task["id"], claim_id="later")
        assert result == {"id": task["id"], "outcome": "ended", "message": "delete"}

    def test_an_unknown_id_is_hidden_while_young_and_then_deleted(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        orphan = make_task_id(run["id"], clock.now_ms(), 7)
        for age_ms, message in ((0, "hide"), (59_999, "hide"), (60_000, "delete")):
            clock.set(run["createdAt"] + age_ms)
            result = claim(api, orphan)
            assert (result["outcome"], result["message"]) == ("unknown", message)
            assert result.get("seconds") == (5 if message == "hide" else None)
        assert claim(api, MISSING_ID) == {"id": MISSING_ID, "outcome": "unknown", "message": "delete"}

    def test_elements_are_answered_in_order_and_one_refused_does_not_harm_the_others(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        tasks = [make_task(api, run["id"])["id"] for _ in range(3)]
        finish(api, tasks[1])
        orphan = make_task_id(run["id"], clock.now_ms(), 9)
        results = claim(api, tasks[2], orphan, tasks[1], tasks[0])
        assert [(result["id"], result["outcome"]) for result in results] == [
            (tasks[2], "claimed"),
            (orphan, "unknown"),
            (tasks[1], "ended"),
            (tasks[0], "claimed"),
        ]

    def test_what_would_make_the_answer_too_large_is_deferred_unclaimed(
        self, api: Api, run: dict[str, Any]
    ) -> None:
        tasks = [make_task(api, run["id"], inputData="x" * 1_000_000)["id"] for _ in range(5)]
        results = claim(api, *tasks)
        assert [result["outcome"] for result in results] == ["claimed"] * 4 + ["deferred"]
        assert get_task(api, tasks[4])["status"] == "queued"
        assert claim(api, tasks[4], claim_id="c2")["outcome"] == "claimed"


class TestReport:
    def test_an_output_is_recorded_and_the_message_deleted(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        clock.advance(1500)
        result = report(api, task["id"], 1, outputData={"done": True})
        assert result == {"id": task["id"], "outcome": "recorded", "status": "completed", "message": "delete"}
        done = get_task(api, task["id"])
        assert (done["outputData"], done["durationMs"], done["completedAt"]) == (
            {"done": True},
            1500,
            clock.now_ms(),
        )

    def test_a_completion_without_output_has_none(self, api: Api, task: dict[str, Any]) -> None:
        claim(api, task["id"])
        report(api, task["id"], 1)
        assert "outputData" not in get_task(api, task["id"])

    def test_a_repeated_report_is_answered_the_same_and_counts_once(
        self, api: Api, task: dict[str, Any]
    ) -> None:
        claim(api, task["id"])
        first = report(api, task["id"], 1, outputData=1)
        assert report(api, task["id"], 1, outputData=2) == first
        assert get_task(api, task["id"])["outputData"] == 1
        assert get_run(api, task["runId"])["completedTasks"] == 1

    def test_a_failure_with_retries_left_waits_and_sends_a_new_message(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        result = report(api, task["id"], 1, "failed", errorData={"m": "no"}, retryDelaySeconds=30)
        assert (result["outcome"], result["status"], result["message"]) == ("recorded", "retrying", "delete")
        assert waiting(api) == 2
        retrying = get_task(api, task["id"])
        assert (retrying["availableAt"], retrying["retryCount"]) == (clock.now_ms() + 30_000, 1)
        early = claim(api, task["id"], claim_id="c2")
        assert (early["outcome"], early["message"], early["seconds"]) == ("delayed", "hide", 30)
        clock.advance(30_000)
        assert claim(api, task["id"], claim_id="c3")["task"]["attempt"] == 2

    def test_a_replayed_failure_sends_nothing_again_and_keeps_its_delay(
        self, api: Api, task: dict[str, Any]
    ) -> None:
        claim(api, task["id"])
        first = report(api, task["id"], 1, "failed")
        due = get_task(api, task["id"])["availableAt"]
        assert report(api, task["id"], 1, "failed") == first
        assert (get_task(api, task["id"])["availableAt"], waiting(api)) == (due, 2)

    def test_a_failure_is_final_without_retries_or_when_not_retryable(
        self, api: Api, run: dict[str, Any]
    ) -> None:
        spent, fatal = make_task(api, run["id"], maxRetries=0), make_task(api, run["id"])
        claim(api, spent["id"], fatal["id"])
        assert report(api, spent["id"], 1, "failed", errorData="e")["status"] == "failed"
        assert report(api, fatal["id"], 1, "failed", retryable=False)["status"] == "failed"
        assert get_task(api, spent["id"])["errorData"] == "e"
        assert get_run(api, run["id"])["failedTasks"] == 2

    def test_the_delay_of_a_retry_follows_the_policy(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        policy = {"initialSeconds": 10, "factor": 3, "maxSeconds": 20}
        task = make_task(api, run["id"], retryPolicy=policy)
        assert task["retryPolicy"] == policy
        for retry, ceiling_ms in ((1, 10_000), (2, 20_000), (3, 20_000)):
            attempt = claim(api, task["id"], claim_id=f"c{retry}")["task"]["attempt"]
            report(api, task["id"], attempt, "failed")
            due = get_task(api, task["id"])["availableAt"]
            assert 0 <= due - clock.now_ms() <= ceiling_ms
            clock.set(due)

    def test_a_released_attempt_goes_back_at_once_and_uses_no_retry(
        self, api: Api, task: dict[str, Any]
    ) -> None:
        claim(api, task["id"])
        result = report(api, task["id"], 1, "released")
        assert (result["outcome"], result["status"], result["message"]) == ("recorded", "queued", "delete")
        assert report(api, task["id"], 1, "released") == result
        assert (waiting(api), get_task(api, task["id"])["retryCount"]) == (2, 0)
        assert claim(api, task["id"], claim_id="c2")["task"]["attempt"] == 2

    def test_a_late_report_of_the_current_attempt_counts_though_its_lease_ran_out(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        clock.advance(LEASE_MS * 10)
        assert report(api, task["id"], 1)["outcome"] == "recorded"

    def test_an_attempt_that_was_overtaken_is_stale_and_changes_nothing(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        clock.advance(LEASE_MS)
        claim(api, task["id"], worker="w2", claim_id="c2")
        result = report(api, task["id"], 1, outputData="zombie")
        assert (result["outcome"], result["message"]) == ("stale", "leave")
        assert "outputData" not in get_task(api, task["id"])
        assert report(api, task["id"], 2, outputData="real")["outcome"] == "recorded"

    def test_a_patch_takes_the_task_from_its_worker(self, api: Api, task: dict[str, Any]) -> None:
        claim(api, task["id"])
        url = f"/api/v1/tasks/{task['id']}"
        api("PATCH", url, {"status": "queued"})
        assert heartbeat(api, task["id"], 1)["outcome"] == "lost"
        assert report(api, task["id"], 1)["outcome"] == "stale"
        api("PATCH", url, {"status": "running"})
        assert heartbeat(api, task["id"], 1)["outcome"] == "lost"
        assert report(api, task["id"], 1)["outcome"] == "stale"

    def test_an_unknown_task_is_told_so(self, api: Api, run: dict[str, Any], clock: ManualClock) -> None:
        orphan = make_task_id(run["id"], clock.now_ms(), 3)
        assert report(api, orphan, 1) == {"id": orphan, "outcome": "unknown", "message": "hide", "seconds": 5}

    def test_many_results_of_several_runs_are_answered_in_order(self, api: Api) -> None:
        runs = [make_run(api, autoComplete=True) for _ in range(2)]
        tasks = [make_task(api, runs[n % 2]["id"])["id"] for n in range(10)]
        claim(api, *tasks)
        results = [{"id": task_id, "attempt": 1, "status": "completed"} for task_id in tasks]
        answer = api("POST", "/api/v1/tasks/report", {"workerId": "w1", "results": results}).body["results"]
        assert [(result["id"], result["outcome"]) for result in answer] == [(i, "recorded") for i in tasks]
        assert [get_run(api, run["id"])["status"] for run in runs] == ["completed"] * 2

    def test_a_payload_over_its_limit_is_413_and_changes_nothing(
        self, api: Api, task: dict[str, Any]
    ) -> None:
        claim(api, task["id"])
        element = {"id": task["id"], "attempt": 1, "status": "completed", "outputData": "x" * 1_048_577}
        answer = api("POST", "/api/v1/tasks/report", {"workerId": "w1", "results": [element]})
        assert answer.status == 413
        assert "results[0].outputData" in answer.body["error"]
        assert get_task(api, task["id"])["status"] == "running"


class TestHeartbeat:
    def test_it_writes_only_when_less_than_half_of_the_lease_is_left(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        before = get_task(api, task["id"])["updatedAt"]
        clock.advance(30_000)
        assert heartbeat(api, task["id"], 1) == {"id": task["id"], "outcome": "extended", "seconds": 30}
        assert get_task(api, task["id"])["updatedAt"] == before
        clock.advance(1)
        assert heartbeat(api, task["id"], 1)["seconds"] == 60
        assert get_task(api, task["id"])["updatedAt"] == clock.now_ms()

    def test_the_lease_grows_with_the_attempt_to_ten_minutes(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        seconds = []
        for _ in range(12):
            left = heartbeat(api, task["id"], 1)["seconds"]
            seconds.append(left)
            clock.advance(left * 900)
        assert seconds == sorted(seconds)
        assert seconds[-1] == 600

    def test_an_exact_lease_does_not_grow(self, api: Api, task: dict[str, Any], clock: ManualClock) -> None:
        claim(api, task["id"], leaseSeconds=10)
        for _ in range(20):
            clock.advance(6000)
            assert heartbeat(api, task["id"], 1, leaseSeconds=10)["seconds"] == 10

    def test_progress_is_stored_and_bounded(self, api: Api, task: dict[str, Any]) -> None:
        claim(api, task["id"])
        heartbeat(api, task["id"], 1, progress={"percent": 40})
        assert get_task(api, task["id"])["progress"] == {"percent": 40}
        body = {"workerId": "w1", "tasks": [{"id": task["id"], "attempt": 1, "progress": "x" * 5000}]}
        assert api("POST", "/api/v1/tasks/heartbeat", body).status == 413

    def test_an_attempt_that_runs_too_long_is_failed_by_its_heartbeat(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        task = make_task(api, run["id"], timeoutSeconds=10)
        claim(api, task["id"])
        clock.advance(10_000)
        result = heartbeat(api, task["id"], 1)
        assert result == {"id": task["id"], "outcome": "timed_out", "message": "delete"}
        failed = get_task(api, task["id"])
        assert (failed["status"], failed["errorData"]["code"], failed["retryCount"]) == (
            "retrying",
            "timed_out",
            1,
        )
        assert report(api, task["id"], 1)["outcome"] == "stale"
        assert waiting(api) == 2

    def test_a_timeout_without_retries_left_fails_the_task(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        task = make_task(api, run["id"], timeoutSeconds=10, maxRetries=0)
        claim(api, task["id"])
        clock.advance(10_000)
        assert heartbeat(api, task["id"], 1)["outcome"] == "timed_out"
        assert get_task(api, task["id"])["status"] == "failed"
        assert [event["event"] for event in events(api)] == ["task.failed"]

    def test_a_cancelled_task_is_told_so(self, api: Api, task: dict[str, Any]) -> None:
        claim(api, task["id"])
        api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "cancelled"})
        assert heartbeat(api, task["id"], 1) == {
            "id": task["id"],
            "outcome": "cancelled",
            "message": "delete",
        }
        assert report(api, task["id"], 1)["outcome"] == "stale"

    def test_an_attempt_that_is_not_the_current_one_is_lost(self, api: Api, task: dict[str, Any]) -> None:
        claim(api, task["id"])
        for attempt in (0, 2):
            result = heartbeat(api, task["id"], attempt)
            assert result == {"id": task["id"], "outcome": "lost", "message": "leave"}


class TestEvents:
    def test_every_end_is_told_on_the_runs_result_queue(self, api: Api) -> None:
        run = make_run(api, autoComplete=True, resultQueue="my-app:results")
        tasks = [make_task(api, run["id"], maxRetries=0) for _ in range(3)]
        finish(api, tasks[0]["id"])
        finish(api, tasks[1]["id"], "failed")
        api("PATCH", f"/api/v1/tasks/{tasks[2]['id']}", {"status": "cancelled"})
        told = events(api, "my-app:results")
        assert [(event["event"], event.get("taskId")) for event in told] == [
            ("task.completed", tasks[0]["id"]),
            ("task.failed", tasks[1]["id"]),
            ("task.cancelled", tasks[2]["id"]),
            ("run.failed", None),
        ]
        ended = get_task(api, tasks[0]["id"])
        assert told[0] == {
            "event": "task.completed",
            "taskId": tasks[0]["id"],
            "runId": run["id"],
            "orgId": "acme",
            "type": "t",
            "status": "completed",
            "at": ended["completedAt"],
            "v": 1,
        }
        assert set(told[3]) == {"event", "runId", "orgId", "status", "at", "v"}
        assert events(api) == []

    def test_the_runs_event_is_not_sent_again_by_later_settles(self, api: Api) -> None:
        run = make_run(api, autoComplete=True)
        task = make_task(api, run["id"])
        finish(api, task["id"])
        report(api, task["id"], 1)
        claim(api, task["id"], claim_id="late")
        assert [event["event"] for event in events(api)].count("run.completed") == 1

    def test_an_end_by_patch_leaves_a_hint_on_the_work_queue_first(
        self, api: Api, run: dict[str, Any]
    ) -> None:
        task = make_task(api, run["id"])
        api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "completed"})
        messages: Any = api.ports.messages
        assert [(work.run_id, work.task_id) for work in messages.work.bodies()] == [(run["id"], task["id"])]

    def test_an_end_by_patch_is_told_once_though_a_hint_and_a_message_follow(self, api: Api) -> None:
        run = make_run(api, autoComplete=True)
        task = make_task(api, run["id"])
        for _ in range(2):
            api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "completed"})
        messages: Any = api.ports.messages
        for work in messages.work.bodies():
            finish_work(api.ports, work)
        claim(api, task["id"])
        assert [event["event"] for event in events(api)] == ["task.completed", "run.completed"]

    def test_an_end_by_patch_is_told_by_the_hint_when_its_request_died(
        self, api: Api, run: dict[str, Any]
    ) -> None:
        task = make_task(api, run["id"])
        state = api.ports.tasks.get("acme", [task["id"]])[task["id"]]
        ended = replace(finished(state, TaskStatus.FAILED, 1), hinted=True)
        api.ports.tasks.save([Change(state, ended)])
        for _ in range(2):
            finish_work(api.ports, Work("acme", run["id"], task["id"]))
        assert [event["event"] for event in events(api)] == ["task.failed"]
