"""Every operation of the SDK works on the in-memory Foreman, in each of its four forms."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import foreman_client
import foreman_client.functions
from foreman_client import AsyncPages, Entry, Foreman, Pages, Run, Schedule, Task, aio
from foreman_client.testing import ForemanTest

OPERATIONS = [
    name for name in vars(foreman_client.functions) if inspect.isfunction(getattr(foreman_client, name, None))
]


TEMPLATE: Any = {"input_data": None, "tasks": [{"type": "t", "input_data": 1}]}


@dataclass(frozen=True)
class Scene:
    """An open run with an open task, a finished one and an entry; a run that has failed; a schedule."""

    run: Run
    task: Task
    done: Task
    entry: Entry
    failed: Run
    schedule: Schedule

    @classmethod
    def of(cls, client: Foreman) -> "Scene":
        run = client.create_run(input_data=1).unwrap()
        task = client.create_task(run_id=run.id, type="t", input_data=1).unwrap()
        done = client.create_task(run_id=run.id, type="t", input_data=1).unwrap()
        done = client.update_task(done.id, status="completed").unwrap()
        entry = client.create_run_data(run.id, task_id=task.id, key="k", value=1, tags=["a"]).unwrap()
        failed = client.create_run(input_data=1).unwrap()
        failed = client.update_run(failed.id, status="failed").unwrap()
        schedule = client.create_schedule(name="s", every_seconds=60, template=TEMPLATE).unwrap()
        return cls(run, task, done, entry, failed, schedule)


Arguments = tuple[tuple[Any, ...], dict[str, Any]]
NEW = {"type": "t", "input_data": 1}
CALLS: Mapping[str, Callable[[Scene], Arguments]] = {
    "create_run": lambda _: ((), {"input_data": 1, "tasks": [NEW]}),
    "get_run": lambda s: ((s.run.id,), {}),
    "update_run": lambda s: ((s.run.id,), {"metadata": {"a": 1}}),
    "cancel_run": lambda s: ((s.run.id,), {}),
    "retry_run": lambda s: ((s.failed.id,), {}),
    "list_runs": lambda _: ((), {"status": "failed"}),
    "iterate_runs": lambda _: ((), {}),
    "wait_for_run": lambda s: ((s.failed.id,), {}),
    "create_task": lambda s: ((), {"run_id": s.run.id, **NEW}),
    "create_tasks": lambda s: ((), {"run_id": s.run.id, "tasks": [NEW, NEW]}),
    "enqueue_task": lambda s: ((), {"run_id": s.run.id, **NEW}),
    "enqueue_tasks": lambda s: ((), {"run_id": s.run.id, "tasks": [NEW, NEW]}),
    "get_task": lambda s: ((s.task.id,), {}),
    "get_dependencies": lambda s: ((s.task.id,), {}),
    "update_task": lambda s: ((s.task.id,), {"status": "running"}),
    "cancel_task": lambda s: ((s.task.id,), {}),
    "retry_task": lambda s: ((s.done.id,), {}),
    "list_tasks": lambda s: ((), {"run_id": s.run.id}),
    "iterate_tasks": lambda s: ((), {"run_id": s.run.id}),
    "wait_for_task": lambda s: ((s.done.id,), {}),
    "create_schedule": lambda _: ((), {"name": "n", "cron": "0 4 * * *", "template": TEMPLATE}),
    "get_schedule": lambda s: ((s.schedule.id,), {}),
    "update_schedule": lambda s: ((s.schedule.id,), {"paused": True}),
    "delete_schedule": lambda s: ((s.schedule.id,), {}),
    "fire_schedule": lambda s: ((s.schedule.id,), {}),
    "list_schedules": lambda _: ((), {}),
    "iterate_schedules": lambda _: ((), {}),
    "create_run_data": lambda s: ((s.run.id,), {"task_id": s.task.id, "key": "k", "value": None}),
    "query_run_data": lambda s: ((s.run.id,), {"tags": ["a"]}),
    "iterate_run_data": lambda s: ((s.run.id,), {}),
    "search_run_data": lambda _: ((), {"key": "k"}),
    "iterate_run_data_search": lambda _: ((), {"tags": "a"}),
    "update_run_data_tags": lambda s: ((s.run.id, s.entry.id), {"add": ["b"]}),
    "delete_run_data": lambda s: ((s.run.id,), {"key": "k"}),
    "get_config": lambda _: ((), {}),
    "get_queue_config": lambda _: ((), {}),
    "health": lambda _: ((), {}),
}


def as_method(foreman: ForemanTest, name: str, arguments: Arguments) -> Any:
    return getattr(foreman.client, name)(*arguments[0], **arguments[1])


def as_function(foreman: ForemanTest, name: str, arguments: Arguments) -> Any:
    return getattr(foreman_client, name)(foreman.config, *arguments[0], **arguments[1])


def as_async_method(foreman: ForemanTest, name: str, arguments: Arguments) -> Any:
    async def call() -> Any:
        async with foreman.async_client() as client:
            return await collected(getattr(client, name)(*arguments[0], **arguments[1]))

    return asyncio.run(call())


def as_async_function(foreman: ForemanTest, name: str, arguments: Arguments) -> Any:
    async def call() -> Any:
        return await collected(getattr(aio, name)(foreman.config, *arguments[0], **arguments[1]))

    return asyncio.run(call())


async def collected(answer: Any) -> Any:
    return [each async for each in answer] if isinstance(answer, AsyncPages) else await answer


def test_no_operation_of_the_sdk_is_missing_here() -> None:
    assert set(CALLS) == set(OPERATIONS)


@pytest.mark.parametrize("form", [as_method, as_function, as_async_method, as_async_function])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_works(
    name: str, form: Callable[[ForemanTest, str, Arguments], Any], foreman: ForemanTest
) -> None:
    answer = form(foreman, name, CALLS[name](Scene.of(foreman.client)))
    results = list(answer) if isinstance(answer, Pages | list) else [answer]
    assert results
    assert all(result.success for result in results), results


def test_results_of_the_result_queue_come_too(foreman: ForemanTest) -> None:
    scene = Scene.of(foreman.client)
    foreman.client.update_run(scene.run.id, status="completed").unwrap()
    events = [(event.event, event.task_id, event.run_id) for event in foreman.client.results(idle_s=1)]
    assert events == [
        ("task.completed", scene.done.id, scene.run.id),
        ("run.failed", None, scene.failed.id),
        ("run.completed", None, scene.run.id),
    ]
    assert list(foreman.client.results(idle_s=1)) == []


def test_async_results_come_too(foreman: ForemanTest) -> None:
    Scene.of(foreman.client)

    async def read() -> list[str]:
        async with foreman.async_client() as client, client.results(max_events=2) as events:
            return [event.event async for event in events]

    assert asyncio.run(read()) == ["task.completed", "run.failed"]


def test_an_event_that_was_not_acknowledged_comes_again(foreman: ForemanTest) -> None:
    Scene.of(foreman.client)
    for event in foreman.client.results(idle_s=1):
        assert event.event == "task.completed"
        break
    assert [event.event for event in foreman.client.results(idle_s=1)] == ["task.completed", "run.failed"]


def test_the_applications_own_client_meets_the_same_foreman(foreman: ForemanTest) -> None:
    run = foreman.client.create_run(input_data=1).unwrap()
    config = foreman_client.ForemanConfig(foreman.config.endpoint, foreman.config.api_key)
    with foreman_client.initialize_foreman_client(config) as own:
        assert own.get_run(run.id).unwrap() == run
        assert own.settings == foreman.client.settings
