"""What a handler does through its context: children that are spawned once, and run data; blocking and awaited."""

import json
import threading
from typing import Any

import pytest

from foreman_client import AsyncTaskContext, Success, Task, TaskContext
from foreman_client.handlers import Registration
from foreman_client.worker.calls import call_of
from tests.unit.client.records import RUN_ID, entry_json, page_json, task_id, task_json
from tests.unit.client.stub_service import StubService, answer, serving
from tests.unit.client.stub_worker import message, until, working


def context(service: StubService, attempt: int = 1, number: int = 9) -> TaskContext:
    task = Task.model_validate(task_json(number, status="running", attempt=attempt))
    return TaskContext(task, service.session(), threading.Event(), lambda _: None)


def keys(service: StubService) -> list[str]:
    return [request.headers["idempotency-key"] for request in service.requests]


def test_a_child_is_enqueued_in_the_run_under_its_parent() -> None:
    service = serving(answer(201, task_json(1)))
    child = context(service).spawn("resize", {"n": 1}, priority="high", max_retries=0).unwrap()
    assert child.id == task_id(1)
    assert service.bodies() == [
        {
            "runId": RUN_ID,
            "type": "resize",
            "inputData": {"n": 1},
            "parentTaskId": task_id(9),
            "maxRetries": 0,
            "queue": "my-app:tasks",
            "priority": "high",
            "enqueue": True,
        }
    ]


def test_every_attempt_spawns_the_same_children_and_no_two_tasks_or_calls_do() -> None:
    service = serving(answer(201, task_json(1)))
    for attempt in (1, 2):
        ctx = context(service, attempt)
        for key in (None, None, "1", "ü" * 300):
            ctx.spawn("t", None, key=key)
    context(service, number=8).spawn("t", None)
    first, second, other = keys(service)[:4], keys(service)[4:8], keys(service)[8]
    assert first == second
    assert len({*first, other}) == 5
    assert all(len(key) <= 255 and key.isascii() for key in first)


def test_arguments_that_spawn_does_not_know_are_refused() -> None:
    with pytest.raises(TypeError, match="enqueue"):
        context(serving(answer(201))).spawn("t", None, enqueue=False)  # type: ignore[call-arg]


def test_run_data_is_that_of_the_run_in_the_name_of_the_task() -> None:
    service = serving(
        answer(201, entry_json()),
        answer(200, page_json(entry_json())),
        answer(200, entry_json(tags=["t"])),
        answer(200, {"deleted": 1}),
        answer(200, page_json(entry_json(), entry_json())),
    )
    run_data = context(service).run_data
    assert run_data.create("k", 1, ["t"], metadata={"m": 1}).success
    assert len(run_data.query(key="k").unwrap().data) == 1
    assert run_data.update_tags(entry_json()["id"], add=["t"]).unwrap().tags == ["t"]
    assert run_data.delete(key="k").unwrap().deleted == 1
    assert len(list(run_data.iterate(tags=["t"]).unwrap())) == 2
    assert json.loads(service.requests[0].content) == {
        "taskId": task_id(9),
        "key": "k",
        "value": 1,
        "tags": ["t"],
        "metadata": {"m": 1},
    }
    assert all(f"/runs/{RUN_ID}/data" in request.url.path for request in service.requests)
    with pytest.raises(TypeError):
        run_data.iterate(unknown=1)


async def with_everything(task: Task, ctx: AsyncTaskContext) -> list[Any]:
    ctx.progress({"at": 1})
    ctx.raise_if_cancelled()
    created = await ctx.run_data.create("k", 1)
    found = await ctx.run_data.query(key="k")
    rows = [row async for row in ctx.run_data.iterate(key="k")]
    child = await ctx.spawn("t", None)
    return [
        created.unwrap().key,
        len(found.unwrap().data),
        [isinstance(row, Success) for row in rows],
        child.unwrap().id,
        await ctx.dependencies(),
        ctx.attempt,
    ]


def test_the_context_of_a_coroutine_is_awaited() -> None:
    service = serving(
        answer(201, entry_json()),
        answer(200, page_json(entry_json())),
        answer(200, page_json(entry_json(), entry_json())),
        answer(201, task_json(7)),
    )
    with working({"work": with_everything}, service=service) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted)
    assert bench.api.reported()[1]["outputData"] == ["k", 1, [True, True], task_id(7), [], 1]


def test_a_page_that_cannot_be_fetched_ends_an_awaited_iteration() -> None:
    async def handler(task: Task, ctx: AsyncTaskContext) -> list[bool]:
        return [row.success async for row in ctx.run_data.iterate()]

    with working({"work": handler}, service=serving(answer(404, {}))) as bench:
        bench.queue.put(message(1))
        until(lambda: bench.queue.deleted)
    assert bench.api.reported()[1]["outputData"] == [False]


def test_a_def_gets_no_context_that_must_be_awaited() -> None:
    def handler(task: Task, ctx: AsyncTaskContext) -> None:
        """It could not."""

    with pytest.raises(TypeError, match="no async def"):
        call_of(Registration("work", handler))
