"""What becomes of a task that was claimed while it had no message: a retry died before it sent one, or the sweep has yet to."""

import json
from typing import Any

from foreman_engine.domain.putting_back import put_back, retried_run
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.domain.work import Work, WorkKind
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.sweep import sweep
from foreman_engine.service.work import finish_work
from tests.factories import Api
from tests.unit.api.flows import claim, finish, make_run, make_task


def named(api: Api) -> list[str]:
    """The tasks that the messages on the task queue name."""
    messages: Any = api.ports.messages
    bodies = messages.bodies(messages.url("acme", "foreman:tasks"))
    return [json.loads(body)["taskId"] for body in bodies]


def drop_messages(api: Api) -> None:
    messages: Any = api.ports.messages
    url = messages.url("acme", "foreman:tasks")
    for received in messages.receive(url, 100):
        messages.delete(url, received.receipt)


def put_back_unsent(api: Api, task_id: str, now: int, epoch: int) -> TaskState:
    """What a retry leaves behind that dies between its write and its message."""
    task = api.ports.tasks.get("acme", [task_id])[task_id]
    [saved] = api.ports.tasks.save([Change(task, put_back(task, epoch, now))])
    return saved


def failed_task(api: Api, run_id: str, **fields: Any) -> str:
    task_id = str(make_task(api, run_id, maxRetries=0, **fields)["id"])
    finish(api, task_id, "failed")
    drop_messages(api)
    return task_id


def retry_walk_begun(api: Api, run_id: str, now: int) -> Work:
    """The run as its retry leaves it that dies at its first page, and the hint that it sent."""
    run = api.ports.runs.get("acme", [run_id])[run_id]
    after = api.ports.runs.save(run, retried_run(run, now))
    return Work("acme", run_id, kind=WorkKind.RETRY, epoch=after.epoch)


def test_the_hint_sends_the_message_also_when_the_task_was_claimed_without_one(
    api: Api, clock: ManualClock
) -> None:
    run_id = make_run(api)["id"]
    task_id = failed_task(api, run_id)
    put_back_unsent(api, task_id, clock.now_ms(), epoch=0)
    claim(api, task_id, claim_id="a late one, whose message is gone")
    finish_work(api.ports, Work("acme", run_id, task_id))
    assert named(api) == [task_id]


def test_so_does_a_walk_that_goes_on(api: Api, clock: ManualClock) -> None:
    run_id = make_run(api, autoComplete=True)["id"]
    task_id = failed_task(api, run_id)
    hint = retry_walk_begun(api, run_id, clock.now_ms())
    put_back_unsent(api, task_id, clock.now_ms(), epoch=1)
    claim(api, task_id, claim_id="a late one, whose message is gone")
    finish_work(api.ports, hint)
    assert named(api) == [task_id]


def test_the_sweep_sends_the_message_of_a_long_wait_also_when_the_task_was_claimed_before(
    api: Api, clock: ManualClock
) -> None:
    task_id = make_task(api, make_run(api)["id"])["id"]
    finish(api, task_id, "failed", retryDelaySeconds=1000)
    drop_messages(api)
    clock.advance(1_000_000)
    claim(api, task_id, claim_id="a late one, whose message is gone")
    for _ in range(2):
        sweep(api.ports)
        assert named(api) == [task_id]


def test_no_message_is_sent_for_a_task_that_its_caller_queues(api: Api, clock: ManualClock) -> None:
    run_id = make_run(api, autoComplete=True)["id"]
    task_id = failed_task(api, run_id, enqueue=False)
    hint = retry_walk_begun(api, run_id, clock.now_ms())
    put_back_unsent(api, task_id, clock.now_ms(), epoch=1)
    api("PATCH", f"/api/v1/tasks/{task_id}", {"status": "queued"})
    finish_work(api.ports, hint)
    assert named(api) == []
