"""What a handler's context tells of the tasks that its task depends on."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from foreman_client import NotFoundError, Task, TaskContext
from tests.unit.client.records import error_json, task_id, task_json
from tests.unit.client.stub_service import StubService, answer, serving


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": task_id(number), "type": "t", "status": "completed"} | more


def context(service: StubService, *depends_on: str) -> TaskContext:
    record = task_json(9, status="running", attempt=1, dependsOn=list(depends_on) or None)
    task = Task.model_validate(record)
    return TaskContext(task, service.session(), threading.Event(), lambda _: None)


def paths(service: StubService) -> list[str]:
    return [request.url.path.removeprefix("/prod/api/v1/tasks/") for request in service.requests]


def test_they_are_fetched_at_the_first_use_and_once() -> None:
    service = serving(answer(200, {"data": [row(2, outputData={"n": 2}), row(1, outputData=None)]}))
    ctx = context(service, task_id(2), task_id(1))
    assert service.requests == []
    for _ in range(3):
        assert [(each.id, each.output_data) for each in ctx.dependencies] == [
            (task_id(2), {"n": 2}),
            (task_id(1), None),
        ]
    assert paths(service) == [f"{task_id(9)}/dependencies"]


def test_threads_of_a_handler_share_them() -> None:
    service = serving(answer(200, {"data": [row(1)]}))
    ctx = context(service, task_id(1))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: len(ctx.dependencies), range(50)))
    assert (found, len(service.requests)) == ([1] * 50, 1)


def test_what_a_handler_does_to_the_list_changes_nothing() -> None:
    ctx = context(serving(answer(200, {"data": [row(1)]})), task_id(1))
    ctx.dependencies.clear()
    assert len(ctx.dependencies) == 1


def test_an_output_that_had_no_room_is_fetched_by_its_id() -> None:
    service = serving(
        answer(200, {"data": [row(1, outputData=1), row(2, outputDataOmitted=True), row(3, outputData=3)]}),
        answer(200, task_json(2, status="completed", outputData="large")),
    )
    ctx = context(service, task_id(1), task_id(2), task_id(3))
    assert [each.output_data for each in ctx.dependencies] == [1, "large", 3]
    assert [each.output_data_omitted for each in ctx.dependencies] == [None, None, None]
    assert paths(service) == [f"{task_id(9)}/dependencies", task_id(2)]


def test_a_task_that_depends_on_nothing_asks_nothing() -> None:
    service = serving(answer(500, {}))
    assert context(service).dependencies == []
    assert service.requests == []


def test_a_failure_is_raised_for_the_attempt_to_fail_and_the_next_use_asks_again() -> None:
    service = serving(answer(404, error_json("not_found")), answer(200, {"data": [row(1)]}))
    ctx = context(service, task_id(1))
    with pytest.raises(NotFoundError):
        _ = ctx.dependencies
    assert len(ctx.dependencies) == 1
