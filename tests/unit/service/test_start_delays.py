"""Tasks that wait for their time: `delaySeconds` and `availableAt`, contract section 5. Never early, and never forgotten."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.reconcile import reconcile
from foreman_engine.service.sweep import sweep
from tests.factories import Api
from tests.unit.api.flows import (
    claim,
    finish,
    get_run,
    get_task,
    make_graph,
    make_run,
    make_task,
    post,
    report,
    take,
    work,
)

MINUTE_S: Final = 60
HOUR_S: Final = 3600
YEAR_S: Final = 31_536_000

Create = Callable[[Api, dict[str, Any]], dict[str, Any]]


def alone(api: Api, fields: dict[str, Any]) -> dict[str, Any]:
    return make_task(api, make_run(api)["id"], **fields)


def in_a_batch(api: Api, fields: dict[str, Any]) -> dict[str, Any]:
    body = {"runId": make_run(api)["id"], "type": "t", "inputData": 1, "enqueue": True, **fields}
    return dict(api("POST", "/api/v1/tasks/batch", {"tasks": [body]}).body["data"][0])


def with_its_run(api: Api, fields: dict[str, Any]) -> dict[str, Any]:
    return get_task(api, make_graph(api, [{"ref": "a", **fields}])["taskIds"]["a"])


@pytest.mark.parametrize("create", [alone, in_a_batch, with_its_run])
@pytest.mark.parametrize("by_instant", [False, True])
def test_it_is_queued_with_its_time_and_can_be_claimed_from_then_on(
    api: Api, clock: ManualClock, create: Create, by_instant: bool
) -> None:
    due = clock.now_ms() + 2500
    task = create(api, {"availableAt": due} if by_instant else {"delaySeconds": 2.5})
    assert (task["status"], task["availableAt"], task["queuedAt"]) == ("queued", due, clock.now_ms())
    clock.set(due - 1)
    assert take(api) == []
    early = claim(api, task["id"])
    assert (early["outcome"], early["message"], early["seconds"]) == ("delayed", "hide", 1)
    clock.advance(1)
    assert take(api) == [task["id"]]
    claimed = claim(api, task["id"], claim_id="c2")
    assert claimed["outcome"] == "claimed"
    assert "availableAt" not in claimed["task"]


@pytest.mark.parametrize("fields", [{"delaySeconds": 0}, {"availableAt": 0}, {"availableAt": 1}])
def test_a_time_that_has_come_is_no_wait(api: Api, fields: dict[str, Any]) -> None:
    task = alone(api, fields)
    assert "availableAt" not in task
    assert take(api) == [task["id"]]


def test_fifteen_minutes_are_sqs_own_and_more_is_the_sweeps(api: Api, clock: ManualClock) -> None:
    own, swept = alone(api, {"delaySeconds": 900}), alone(api, {"delaySeconds": 900.001})
    assert sweep(api.ports) == 0
    clock.advance(900_000)
    assert take(api) == [own["id"]]
    assert [sweep(api.ports), sweep(api.ports), take(api)] == [1, 0, []]
    clock.advance(1)
    assert take(api) == [swept["id"]]


def test_a_year_may_pass(api: Api, clock: ManualClock) -> None:
    task = alone(api, {"delaySeconds": YEAR_S})
    clock.set(task["availableAt"] - 15 * MINUTE_S * 1000 - 1)
    assert sweep(api.ports) == 0
    clock.advance(MINUTE_S * 1000)
    assert sweep(api.ports) == 1
    clock.set(task["availableAt"])
    assert (take(api), claim(api, task["id"])["outcome"]) == ([task["id"]], "claimed")


def test_a_sweep_that_comes_late_sends_what_is_overdue_at_once(api: Api, clock: ManualClock) -> None:
    task = alone(api, {"delaySeconds": HOUR_S})
    clock.set(task["availableAt"] + HOUR_S * 1000)
    assert (sweep(api.ports), take(api)) == (1, [task["id"]])


def test_over_a_year_ahead_is_refused_by_name(api: Api, clock: ManualClock) -> None:
    latest = clock.now_ms() + YEAR_S * 1000
    run = make_run(api)
    body = {"runId": run["id"], "type": "t", "inputData": 1}
    assert make_task(api, run["id"], availableAt=latest)["availableAt"] == latest
    late = {**body, "availableAt": latest + 1}
    for path, request, named in (
        ("/api/v1/tasks", late, "availableAt"),
        ("/api/v1/tasks/batch", {"tasks": [body, late]}, "tasks[1].availableAt"),
        ("/api/v1/runs", {"inputData": 1, "tasks": [late]}, "tasks[0].availableAt"),
    ):
        answer = api("POST", path, request)
        assert (answer.status, [each["path"] for each in answer.body["details"]]) == (400, [named])
    assert get_run(api, run["id"])["totalTasks"] == 1


def test_one_that_its_caller_queues_has_no_message_and_is_not_claimed_early(
    api: Api, clock: ManualClock
) -> None:
    task = alone(api, {"enqueue": False, "delaySeconds": HOUR_S})
    assert task["status"] == "pending"
    assert claim(api, task["id"])["outcome"] == "delayed"
    api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "queued"})
    assert claim(api, task["id"])["outcome"] == "delayed"
    clock.advance(HOUR_S * 1000)
    assert (sweep(api.ports), take(api)) == (0, [])
    assert claim(api, task["id"])["outcome"] == "claimed"


class TestBehindOthers:
    """Available at the later of ready and due; the delay counts from the creation."""

    def graph(self, api: Api, delay_s: float) -> tuple[str, str]:
        tasks: list[dict[str, Any]] = [
            {"ref": "a"},
            {"ref": "b", "dependsOn": ["a"], "delaySeconds": delay_s},
        ]
        ids = make_graph(api, tasks)["taskIds"]
        assert take(api) == [ids["a"]]
        return ids["a"], ids["b"]

    def test_ready_before_its_time_it_waits_on(self, api: Api, clock: ManualClock) -> None:
        first, then = self.graph(api, 60)
        clock.advance(20_000)
        finish(api, first)
        assert get_task(api, then)["status"] == "queued"
        clock.advance(39_999)
        assert (take(api), claim(api, then)["outcome"]) == ([], "delayed")
        clock.advance(1)
        assert (take(api), claim(api, then, claim_id="c2")["outcome"]) == ([then], "claimed")

    def test_ready_long_before_its_time_it_is_left_to_the_sweep(self, api: Api, clock: ManualClock) -> None:
        first, then = self.graph(api, HOUR_S)
        assert sweep(api.ports) == 0
        finish(api, first)
        clock.advance((HOUR_S - 900) * 1000)
        assert (take(api), sweep(api.ports)) == ([], 1)
        clock.advance(900_000)
        assert take(api) == [then]

    def test_due_before_it_is_ready_it_starts_when_it_is(self, api: Api, clock: ManualClock) -> None:
        first, then = self.graph(api, HOUR_S)
        clock.advance(HOUR_S * 1000)
        assert (sweep(api.ports), take(api)) == (0, [])
        assert claim(api, then)["outcome"] == "blocked"
        finish(api, first)
        assert (take(api), claim(api, then, claim_id="c2")["outcome"]) == ([then], "claimed")


class TestChangesOfOneThatWaits:
    @pytest.fixture(params=[60, HOUR_S], ids=["in SQS", "in the due-index"])
    def task(self, request: pytest.FixtureRequest, api: Api) -> dict[str, Any]:
        return alone(api, {"delaySeconds": request.param})

    def come(self, api: Api, clock: ManualClock, task: dict[str, Any]) -> list[str]:
        """What is received at the task's time."""
        clock.set(task["availableAt"])
        sweep(api.ports)
        return take(api)

    def test_cancelled_it_never_starts(self, api: Api, clock: ManualClock, task: dict[str, Any]) -> None:
        assert post(api, "tasks", task["id"], "cancel").body["status"] == "cancelled"
        self.come(api, clock, task)
        assert claim(api, task["id"])["outcome"] == "ended"

    def test_retried_before_its_time_it_waits_for_it_again(
        self, api: Api, clock: ManualClock, task: dict[str, Any]
    ) -> None:
        post(api, "tasks", task["id"], "cancel")
        again = post(api, "tasks", task["id"], "retry").body
        assert (again["status"], again["availableAt"]) == ("queued", task["availableAt"])
        work(api)
        assert (take(api), claim(api, task["id"])["outcome"]) == ([], "delayed")
        assert set(self.come(api, clock, task)) == {task["id"]}
        assert claim(api, task["id"], claim_id="c2")["outcome"] == "claimed"

    def test_so_it_does_when_its_run_is(self, api: Api, clock: ManualClock, task: dict[str, Any]) -> None:
        assert post(api, "runs", task["runId"], "cancel").status == 200
        assert post(api, "runs", task["runId"], "retry").status == 200
        work(api)
        assert get_task(api, task["id"])["availableAt"] == task["availableAt"]
        assert take(api) == []
        assert set(self.come(api, clock, task)) == {task["id"]}

    def test_once_it_has_started_its_time_is_forgotten(
        self, api: Api, clock: ManualClock, task: dict[str, Any]
    ) -> None:
        self.come(api, clock, task)
        finish(api, task["id"], "failed", retryable=False)
        again = post(api, "tasks", task["id"], "retry").body
        assert "availableAt" not in again
        assert take(api) == [task["id"]]

    def test_started_by_its_caller_it_is_the_callers(
        self, api: Api, clock: ManualClock, task: dict[str, Any]
    ) -> None:
        running = api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "running"}).body
        assert "availableAt" not in running
        self.come(api, clock, task)
        assert claim(api, task["id"])["outcome"] == "leased"

    def test_a_patch_of_something_else_leaves_its_time(
        self, api: Api, clock: ManualClock, task: dict[str, Any]
    ) -> None:
        api("PATCH", f"/api/v1/tasks/{task['id']}", {"metadata": {"m": 1}})
        assert (take(api), self.come(api, clock, task)) == ([], [task["id"]])

    def test_a_retry_after_a_failure_has_a_delay_of_its_own(
        self, api: Api, clock: ManualClock, task: dict[str, Any]
    ) -> None:
        self.come(api, clock, task)
        claim(api, task["id"])
        report(api, task["id"], 1, "failed", retryDelaySeconds=30)
        assert get_task(api, task["id"])["availableAt"] == clock.now_ms() + 30_000

    def test_reconcile_leaves_it_alone(self, api: Api, clock: ManualClock, task: dict[str, Any]) -> None:
        clock.set(task["availableAt"] - 1)
        assert [each.sent for each in reconcile(api.ports, "acme")] == [()]
