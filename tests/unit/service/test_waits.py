"""Long waits, dead letters and reconcile: what happens when nobody asks for it."""

import json
from typing import Any

import pytest

from chalicelib.events.dead_letters import dead_letters
from chalicelib.events.sweep import sweep as sweep_handler
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.queues import physical_name
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.dead_letters import Revival, revive
from foreman_engine.service.reconcile import reconcile
from foreman_engine.service.sweep import sweep
from infra.local.trigger_events import scheduled_event
from tests.factories import Api, installed
from tests.lines import check_emf, logged
from tests.unit.api.flows import claim, finish, get_run, get_task, make_run, make_task, report, take

MINUTE_MS = 60_000


@pytest.fixture
def task(api: Api) -> dict[str, Any]:
    return make_task(api, make_run(api)["id"])


def message(task: dict[str, Any], **fields: Any) -> TaskMessage:
    names = {"task_id": task["id"], "run_id": task["runId"], "org_id": "acme", "type": "t", "v": 1}
    return TaskMessage.model_validate({**names, **fields})


class TestSweep:
    @pytest.fixture
    def waiting(self, api: Api, task: dict[str, Any]) -> dict[str, Any]:
        """A task that is to be tried again in an hour."""
        claim(api, task["id"])
        report(api, task["id"], 1, "failed", retryDelaySeconds=3600)
        take(api)
        return task

    def test_a_long_wait_has_no_message_until_the_sweep_sends_it_ahead(
        self, api: Api, waiting: dict[str, Any], clock: ManualClock
    ) -> None:
        due = get_task(api, waiting["id"])["availableAt"]
        clock.set(due - 15 * MINUTE_MS - 1)
        assert (sweep(api.ports), take(api)) == (0, [])
        clock.advance(1)
        assert sweep(api.ports) == 1
        clock.set(due - 1)
        assert take(api) == []
        clock.set(due)
        assert take(api) == [waiting["id"]]
        assert claim(api, waiting["id"], claim_id="c2")["outcome"] == "claimed"

    def test_it_is_sent_once_by_any_number_of_sweeps_unless_one_dies(
        self, api: Api, waiting: dict[str, Any], clock: ManualClock
    ) -> None:
        clock.set(get_task(api, waiting["id"])["availableAt"])
        assert [sweep(api.ports), sweep(api.ports)] == [1, 0]
        assert take(api) == [waiting["id"]]

    def test_a_wait_that_ended_otherwise_is_not_due(
        self, api: Api, waiting: dict[str, Any], clock: ManualClock
    ) -> None:
        api("POST", f"/api/v1/tasks/{waiting['id']}/cancel")
        clock.advance(2 * 3600_000)
        assert (sweep(api.ports), take(api)) == (0, [])

    def test_a_wait_of_15_minutes_is_sqs_own(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        claim(api, task["id"])
        take(api)
        report(api, task["id"], 1, "failed", retryDelaySeconds=900)
        assert sweep(api.ports) == 0
        clock.advance(900_000)
        assert take(api) == [task["id"]]

    def test_the_scheduled_handler_sweeps(
        self, api: Api, waiting: dict[str, Any], clock: ManualClock
    ) -> None:
        clock.set(get_task(api, waiting["id"])["availableAt"])
        with installed(api.services):
            sweep_handler(scheduled_event("sweep", "us-east-1"), None)
        assert take(api) == [waiting["id"]]


class TestDeadLetters:
    def test_a_claimable_task_gets_a_new_message_after_15_minutes_without_limit(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        take(api)
        for count in range(1, 4):
            assert revive(api.ports, "acme", message(task)) is Revival.SENT
            clock.advance(15 * MINUTE_MS - 1)
            assert take(api) == []
            clock.advance(1)
            assert take(api) == [task["id"]]
            assert api.ports.tasks.get("acme", [task["id"]])[task["id"]].dead_letters == count
        assert get_task(api, task["id"])["status"] == "queued"

    def test_a_leased_task_gets_one_after_its_lease(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        take(api)
        claim(api, task["id"], leaseSeconds=100)
        assert revive(api.ports, "acme", message(task)) is Revival.SENT
        clock.advance(100_000)
        assert take(api) == [task["id"]]

    def test_an_ended_task_is_settled(self, api: Api, task: dict[str, Any]) -> None:
        finish(api, task["id"])
        take(api)
        assert (revive(api.ports, "acme", message(task)), take(api)) == (Revival.SETTLED, [])

    def test_what_nobody_waits_for_is_dropped(self, api: Api, task: dict[str, Any]) -> None:
        take(api)
        api("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "running"})
        assert revive(api.ports, "acme", message(task)) is Revival.DROPPED
        assert revive(api.ports, "globex", message(task)) is Revival.DROPPED
        assert revive(api.ports, "acme", message(task, org_id="globex")) is Revival.DROPPED
        assert take(api) == []

    def letter(self, body: str, queue: str) -> dict[str, Any]:
        arn = f"arn:aws:sqs:us-east-1:000000000000:{queue}"
        return {"messageId": "m", "body": body, "attributes": {"DeadLetterQueueSourceArn": arn}}

    def test_a_letter_is_believed_only_for_the_organization_of_its_queue(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        take(api)
        body = json.dumps(message(task).to_wire())
        foreign, own = (physical_name("test", org, "foreman:tasks") for org in ("globex", "acme"))
        with installed(api.services), logged() as log:
            for queue, expected in ((foreign, []), ("somebodys-queue", []), (own, [task["id"]])):
                assert dead_letters({"Records": [self.letter(body, queue)]}, None) == {
                    "batchItemFailures": []
                }
                clock.advance(15 * MINUTE_MS)
                assert take(api) == expected
        assert [each["outcome"] for each in log.of("dead letter")] == ["dropped", "sent"]
        told = log.of("dead letters")
        assert [each.get("DeadLettersRevived", 0) for each in told] == [0, 0, 1]
        for each in told:
            check_emf(each)

    def test_the_work_queues_own_letters_go_back_to_it(self, api: Api, task: dict[str, Any]) -> None:
        body = json.dumps({"kind": "settle", "orgId": "acme", "runId": task["runId"]})
        work: Any = api.ports.messages.work  # type: ignore[attr-defined]
        with installed(api.services):
            dead_letters(
                {"Records": [self.letter(body, "foreman-test-work"), self.letter("?", "foreman-test-work")]},
                None,
            )
        assert [each.run_id for each in work.bodies()] == [task["runId"]]


class TestReconcile:
    def test_an_idle_tasks_message_is_sent_again(
        self, api: Api, task: dict[str, Any], clock: ManualClock
    ) -> None:
        take(api)
        assert [each.sent for each in reconcile(api.ports, "acme")] == [()]
        clock.advance(15 * MINUTE_MS + 1)
        assert [each.sent for each in reconcile(api.ports, "acme")] == [(task["id"],)]
        assert take(api) == [task["id"]]

    def test_what_is_held_waits_or_is_the_callers_own_is_left_alone(
        self, api: Api, clock: ManualClock
    ) -> None:
        run = make_run(api)
        held, waiting, own = (
            make_task(api, run["id"], enqueue=name != "own")["id"] for name in ("a", "b", "own")
        )
        claim(api, held, waiting, leaseSeconds=3600)
        report(api, waiting, 1, "failed", retryDelaySeconds=7200)
        take(api)
        clock.advance(16 * MINUTE_MS)
        assert [each.sent for each in reconcile(api.ports, "acme")] == [()]
        assert get_task(api, own)["status"] == "pending"

    def test_a_lost_attempt_is_found(self, api: Api, task: dict[str, Any], clock: ManualClock) -> None:
        claim(api, task["id"])
        take(api)
        clock.advance(17 * MINUTE_MS)
        assert [each.sent for each in reconcile(api.ports, "acme")] == [(task["id"],)]

    def test_a_run_whose_tasks_have_ended_ends(self, api: Api) -> None:
        run = make_run(api, autoComplete=True)
        task = make_task(api, run["id"])
        state = api.ports.runs.get("acme", [run["id"]])[run["id"]]
        finish(api, task["id"])
        ended = api.ports.runs.get("acme", [run["id"]])[run["id"]]
        api.ports.runs.save(ended, state)
        assert get_run(api, run["id"])["status"] == "pending"
        assert [each.ended for each in reconcile(api.ports, "acme")] == [True]
        assert get_run(api, run["id"])["status"] == "completed"
        assert list(reconcile(api.ports, "acme")) == []
