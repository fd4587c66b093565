"""A task's message is on the queue of its priority, whoever sends it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from foreman_contract.enums import Priority
from foreman_contract.messages import TaskMessage
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.dead_letters import Revival, revive
from foreman_engine.service.reconcile import reconcile
from foreman_engine.service.sweep import sweep
from tests.factories import Api
from tests.unit.api.flows import claim, finish, get_task, make_graph, make_run, make_task, post, report, work


def taken(api: Api) -> list[tuple[str, str]]:
    """Every message of the default task queue as (priority, task id); they are taken off."""
    messages: Any = api.ports.messages
    found = []
    for priority in Priority:
        url = messages.url(api.org_id, "foreman:tasks", priority)
        for each in messages.receive(url, 100, 0):
            messages.delete(url, each.receipt)
            found.append((priority.value, json.loads(each.body)["taskId"]))
    return found


@pytest.mark.parametrize("priority", ["high", "normal", "low"])
def test_a_task_says_its_priority_and_its_message_is_on_that_queue(api: Api, priority: str) -> None:
    task = make_task(api, make_run(api)["id"], priority=priority)
    assert get_task(api, task["id"])["priority"] == priority
    assert taken(api) == [(priority, task["id"])]


def test_a_batch_is_spread_over_the_queues_of_its_tasks(api: Api) -> None:
    run_id = make_run(api)["id"]
    body = {"runId": run_id, "type": "t", "inputData": None, "enqueue": True}
    tasks = [body | {"priority": each} for each in ("low", "high")] + [body]
    made = api("POST", "/api/v1/tasks/batch", {"tasks": tasks}).body["data"]
    assert sorted(taken(api)) == sorted(
        zip(("low", "high", "normal"), (task["id"] for task in made), strict=True)
    )


def test_a_task_of_a_graph_keeps_its_priority_when_it_is_released(api: Api) -> None:
    run = make_graph(
        api, [{"ref": "a", "priority": "low"}, {"ref": "b", "dependsOn": ["a"], "priority": "high"}]
    )
    first, second = run["taskIds"]["a"], run["taskIds"]["b"]
    assert taken(api) == [("low", first)]
    finish(api, first)
    work(api)
    assert taken(api) == [("high", second)]


def fails(api: Api, clock: ManualClock, task_id: str) -> None:
    claim(api, task_id)
    report(api, task_id, 1, "failed", retryDelaySeconds=1)
    clock.advance(1000)


def fails_for_an_hour(api: Api, clock: ManualClock, task_id: str) -> None:
    claim(api, task_id)
    report(api, task_id, 1, "failed", retryDelaySeconds=3600)
    clock.advance(3_600_000)
    sweep(api.ports)


def is_released(api: Api, _: ManualClock, task_id: str) -> None:
    claim(api, task_id)
    report(api, task_id, 1, "released")


def is_retried(api: Api, _: ManualClock, task_id: str) -> None:
    finish(api, task_id, "failed", retryable=False)
    assert post(api, "tasks", task_id, "retry").status == 200


def is_reconciled(api: Api, clock: ManualClock, task_id: str) -> None:
    clock.advance(3_600_000)
    assert [each.sent for each in reconcile(api.ports, api.org_id)] == [(task_id,)]


def is_a_dead_letter(api: Api, clock: ManualClock, task_id: str) -> None:
    task = get_task(api, task_id)
    message = TaskMessage(task_id=task_id, run_id=task["runId"], org_id=api.org_id, type="t")
    assert revive(api.ports, api.org_id, message) is Revival.SENT
    clock.advance(3_600_000)


@pytest.mark.parametrize(
    "happens", [fails, fails_for_an_hour, is_released, is_retried, is_reconciled, is_a_dead_letter]
)
def test_every_later_message_is_on_the_same_queue(
    api: Api, clock: ManualClock, happens: Callable[[Api, ManualClock, str], None]
) -> None:
    task = make_task(api, make_run(api)["id"], priority="high")
    taken(api)
    happens(api, clock, task["id"])
    assert taken(api) == [("high", task["id"])]
