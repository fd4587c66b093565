"""Cancel and retry of tasks and runs: contract sections 4 and 5."""

import json
from typing import Any

import pytest

from chalicelib.events.work_queue import work_queue
from foreman_engine.domain.putting_back import cancelled_run
from foreman_engine.domain.work import Work, WorkKind
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.walks import INLINE_PAGES, PAGE
from tests.factories import Api
from tests.unit.api.flows import (
    claim,
    finish,
    get_run,
    get_task,
    heartbeat,
    make_run,
    make_task,
    make_tasks,
    post,
    report,
    work,
)

SMALL = PAGE * INLINE_PAGES


@pytest.fixture
def run(api: Api) -> dict[str, Any]:
    return make_run(api, autoComplete=True)


def add(api: Api, run_id: str, count: int, **fields: Any) -> list[str]:
    body = {"runId": run_id, "type": "t", "inputData": 1, "enqueue": True, **fields}
    return make_tasks(api, body, count)


def events(api: Api) -> list[tuple[str, str | None]]:
    messages: Any = api.ports.messages
    bodies = messages.bodies(messages.url(api.org_id, "foreman:results"))
    return [(json.loads(body)["event"], json.loads(body).get("taskId")) for body in bodies]


class TestCancelRun:
    def test_the_answer_is_cancelled_and_a_small_runs_tasks_with_it(
        self, api: Api, run: dict[str, Any]
    ) -> None:
        done, running, queued = add(api, run["id"], 3)
        finish(api, done)
        claim(api, running)
        answer = post(api, "runs", run["id"], "cancel")
        assert (answer.status, answer.body["status"]) == (200, "cancelled")
        assert [answer.body[f"{kind}Tasks"] for kind in ("completed", "cancelled", "pending")] == [1, 2, 0]
        assert [get_task(api, task)["status"] for task in (done, running, queued)] == [
            "completed",
            "cancelled",
            "cancelled",
        ]

    def test_nothing_of_it_starts_and_no_report_counts(self, api: Api, run: dict[str, Any]) -> None:
        running, queued = add(api, run["id"], 2)
        claim(api, running)
        post(api, "runs", run["id"], "cancel")
        assert claim(api, queued, claim_id="c2") == {"id": queued, "outcome": "ended", "message": "delete"}
        assert heartbeat(api, running, 1) == {"id": running, "outcome": "cancelled", "message": "delete"}
        assert report(api, running, 1)["outcome"] == "stale"
        task = {"runId": run["id"], "type": "t", "inputData": 1}
        assert api("POST", "/api/v1/tasks", task).status == 409

    def test_every_end_is_told_once_and_the_runs_last(self, api: Api, run: dict[str, Any]) -> None:
        tasks = add(api, run["id"], 3)
        post(api, "runs", run["id"], "cancel")
        expected = [*(("task.cancelled", task) for task in tasks), ("run.cancelled", None)]
        assert events(api) == expected
        work(api)
        post(api, "runs", run["id"], "cancel")
        assert events(api) == expected

    def test_it_is_the_same_by_patch_and_again(self, api: Api, run: dict[str, Any]) -> None:
        [task] = add(api, run["id"], 1)
        for _ in range(2):
            assert (
                api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "cancelled"}).body["status"]
                == "cancelled"
            )
        assert get_task(api, task)["status"] == "cancelled"

    def test_an_ended_run_is_not_cancelled(self, api: Api, run: dict[str, Any]) -> None:
        api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "completed"})
        assert post(api, "runs", run["id"], "cancel").status == 409

    def test_a_big_run_is_cancelled_at_once_and_its_tasks_by_the_work_queue(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        tasks = add(api, run["id"], 2 * SMALL + 30)
        assert post(api, "runs", run["id"], "cancel").body["cancelledTasks"] == SMALL
        assert claim(api, tasks[-1])["outcome"] == "ended"
        assert ("run.cancelled", None) not in events(api)
        clock.advance(30_000)
        work(api)
        assert get_run(api, run["id"])["cancelledTasks"] == len(tasks)
        assert sorted({task for kind, task in events(api) if kind == "task.cancelled" and task}) == tasks
        assert events(api).count(("run.cancelled", None)) == 1

    def test_the_tasks_are_cancelled_though_the_request_died_after_its_write(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        tasks = add(api, run["id"], 3)
        state = api.ports.runs.get("acme", [run["id"]])[run["id"]]
        api.ports.messages.send_work([Work("acme", run["id"], kind=WorkKind.CANCEL, epoch=1)], 30)
        api.ports.runs.save(state, cancelled_run(state, clock.now_ms()))
        clock.advance(30_000)
        work(api)
        assert get_run(api, run["id"])["cancelledTasks"] == 3
        assert len(events(api)) == len(tasks) + 1


class TestRetryRun:
    def test_what_failed_is_queued_again_and_what_completed_is_kept(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        good, bad, never = add(api, run["id"], 3, maxRetries=0)
        finish(api, good, outputData="kept")
        api("PATCH", f"/api/v1/tasks/{never}", {"status": "cancelled"})
        finish(api, bad, "failed", errorData="e")
        ended = get_run(api, run["id"])
        assert ended["status"] == "failed"
        clock.advance(1000)
        again = post(api, "runs", run["id"], "retry")
        assert (again.status, again.body["status"], again.body["pendingTasks"]) == (200, "running", 2)
        assert not {"completedAt", "durationMs", "errorData"} & set(again.body)
        task = get_task(api, bad)
        assert (task["status"], task["retryCount"], task["attempt"]) == ("queued", 0, 1)
        assert not {"completedAt", "durationMs", "outputData", "errorData"} & set(task)
        assert get_task(api, good)["outputData"] == "kept"
        for task_id in (bad, never):
            finish(api, task_id)
        assert get_run(api, run["id"])["status"] == "completed"
        assert [kind for kind, _ in events(api) if kind.startswith("run.")] == ["run.failed", "run.completed"]

    def test_only_a_run_that_has_ended_with_all_its_tasks_is_retried(
        self, api: Api, run: dict[str, Any]
    ) -> None:
        [task] = add(api, run["id"], 1)
        assert post(api, "runs", run["id"], "retry").status == 409
        api("PATCH", f"/api/v1/runs/{run['id']}", {"status": "failed"})
        assert post(api, "runs", run["id"], "retry").status == 409
        finish(api, task)
        assert post(api, "runs", run["id"], "retry").status == 200

    def test_a_task_that_was_never_enqueued_waits_for_its_caller(self, api: Api, run: dict[str, Any]) -> None:
        body = {"runId": run["id"], "type": "t", "inputData": 1}
        task = api("POST", "/api/v1/tasks", body).body["id"]
        api("PATCH", f"/api/v1/tasks/{task}", {"status": "failed"})
        post(api, "runs", run["id"], "retry")
        assert get_task(api, task)["status"] == "pending"

    def test_a_big_run_is_put_back_by_the_work_queue_and_does_not_complete_meanwhile(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        tasks = add(api, run["id"], SMALL + 60, maxRetries=0)
        post(api, "runs", run["id"], "cancel")
        clock.advance(30_000)
        work(api)
        assert post(api, "runs", run["id"], "retry").body["pendingTasks"] == SMALL
        for start in range(0, SMALL, 10):
            part = tasks[start : start + 10]
            claim(api, *part, claim_id=f"r{start}")
            results = [{"id": task, "attempt": 1, "status": "completed"} for task in part]
            api("POST", "/api/v1/tasks/report", {"workerId": "w1", "results": results})
        assert get_run(api, run["id"])["status"] == "running"
        clock.advance(30_000)
        work(api)
        assert get_run(api, run["id"])["pendingTasks"] == 60
        assert {get_task(api, task)["status"] for task in tasks[SMALL:]} == {"queued"}

    def test_a_walk_that_is_repeated_does_not_put_back_what_failed_since(
        self, api: Api, run: dict[str, Any], clock: ManualClock
    ) -> None:
        [task] = add(api, run["id"], 1, maxRetries=0)
        finish(api, task, "failed")
        post(api, "runs", run["id"], "retry")
        attempt = claim(api, task, claim_id="again")["task"]["attempt"]
        report(api, task, attempt, "failed")
        clock.advance(30_000)
        work(api)
        assert (get_task(api, task)["status"], get_run(api, run["id"])["status"]) == ("failed", "failed")


class TestTasks:
    def test_a_cancelled_task_is_fenced_off_at_once(self, api: Api, run: dict[str, Any]) -> None:
        [task] = add(api, run["id"], 1)
        claim(api, task)
        for _ in range(2):
            assert post(api, "tasks", task, "cancel").body["status"] == "cancelled"
        assert heartbeat(api, task, 1)["outcome"] == "cancelled"
        assert report(api, task, 1)["outcome"] == "stale"
        assert get_run(api, run["id"])["status"] == "cancelled"

    def test_a_retried_task_runs_again_and_counts_once(self, api: Api, run: dict[str, Any]) -> None:
        first, other = add(api, run["id"], 2, maxRetries=0)
        finish(api, first, "failed")
        answer = post(api, "tasks", first, "retry")
        assert (answer.status, answer.body["status"], answer.body["inputData"]) == (200, "queued", 1)
        assert get_run(api, run["id"])["failedTasks"] == 0
        assert report(api, first, 1, "failed")["outcome"] == "stale"
        finish(api, first)
        finish(api, other)
        assert get_run(api, run["id"])["status"] == "completed"

    def test_only_an_ended_task_of_an_open_run_is_retried(self, api: Api, run: dict[str, Any]) -> None:
        [task] = add(api, run["id"], 1)
        assert post(api, "tasks", task, "retry").status == 409
        finish(api, task)
        assert get_run(api, run["id"])["status"] == "completed"
        assert post(api, "tasks", task, "retry").status == 409

    def test_an_ended_task_is_not_cancelled(self, api: Api) -> None:
        run = make_run(api)
        task = make_task(api, run["id"])["id"]
        finish(api, task)
        assert post(api, "tasks", task, "cancel").status == 409

    def test_a_body_is_neither_needed_nor_looked_at(self, api: Api, run: dict[str, Any]) -> None:
        [task] = add(api, run["id"], 1)
        headers = {"Content-Type": None}
        assert api("POST", f"/api/v1/tasks/{task}/cancel", headers=headers).status == 200
        assert api("POST", f"/api/v1/runs/{run['id']}/retry", {"any": "thing"}).status == 200


def test_an_unreadable_work_message_does_not_hold_up_the_others() -> None:
    event = {"Records": [{"messageId": "m", "body": "{", "attributes": {}}]}
    assert work_queue(event, None) == {"batchItemFailures": []}
