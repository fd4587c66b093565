"""Lists of runs and tasks: every filter of the contract, page by page and row by row."""

import inspect
from typing import Any, assert_type

import pytest

import foreman_client
from foreman_client import Foreman, Pages, Result, Run, RunPage, RunStatus, Task, TaskPage, TaskStatus
from foreman_contract.service import Config
from tests.unit.client.records import RUN_ID, config_json, page_json, run_json, task_id, task_json
from tests.unit.client.stub_service import CONFIG, StubService, answer, serving

Query = list[tuple[str, str]]


def client_of(service: StubService) -> Foreman:
    return Foreman(CONFIG, Config.model_validate(config_json()), service.session())


def asked(service: StubService) -> list[Query]:
    return [request.url.params.multi_items() for request in service.requests]


def test_runs_are_asked_for_by_every_parameter() -> None:
    service = serving(answer(200, page_json(run_json(), total=7, totalIsLowerBound=True)))
    page = client_of(service).list_runs(
        status=RunStatus.FAILED, sort_by="completed_at", sort_order="asc", limit=5, offset=10, total=True
    )
    assert_type(page, Result[RunPage])
    assert (page.unwrap().pagination.total, page.unwrap().pagination.total_is_lower_bound) == (7, True)
    assert sorted(asked(service)[0]) == [
        ("limit", "5"),
        ("offset", "10"),
        ("sortBy", "completed_at"),
        ("sortOrder", "asc"),
        ("status", "failed"),
        ("total", "true"),
    ]


def test_tasks_are_asked_for_by_every_parameter_and_none_is_needed() -> None:
    service = serving(answer(200, page_json(task_json())))
    client = client_of(service)
    assert_type(client.list_tasks(), Result[TaskPage])
    client.list_tasks(
        run_id=RUN_ID,
        status=TaskStatus.QUEUED,
        type="a,b",
        parent_task_id=task_id(1),
        sort_by="started_at",
        cursor="c",
    )
    first, second = asked(service)
    assert first == []
    assert sorted(second) == [
        ("cursor", "c"),
        ("parentTaskId", task_id(1)),
        ("runId", RUN_ID),
        ("sortBy", "started_at"),
        ("status", "queued"),
        ("type", "a,b"),
    ]


def test_a_payload_that_a_list_leaves_out_is_marked() -> None:
    row = task_json(inputDataOmitted=True)
    del row["inputData"]
    [task] = client_of(serving(answer(200, page_json(row)))).list_tasks().unwrap().data
    assert (task.input_data, task.input_data_omitted, task.output_data_omitted) == (None, True, None)


def test_everything_is_iterated_in_pages_of_a_hundred() -> None:
    pages = {
        None: page_json(task_json(1), task_json(2), nextCursor="1"),
        "1": page_json(nextCursor="2"),
        "2": page_json(task_json(3)),
    }
    service = serving(lambda request: answer(200, pages[request.url.params.get("cursor")]))
    tasks = client_of(service).iterate_tasks(status="failed", offset=4)
    assert_type(tasks, Pages[Task, TaskPage])
    assert [task.id for task in tasks.unwrap()] == [task_id(1), task_id(2), task_id(3)]
    first, *others = (dict(query) for query in asked(service))
    assert first == {"status": "failed", "limit": "100", "offset": "4", "total": "false"}
    assert others == [
        {"status": "failed", "limit": "100", "cursor": cursor, "total": "false"} for cursor in ("1", "2")
    ]


def test_runs_are_iterated_too() -> None:
    service = serving(answer(200, page_json(run_json(), nextCursor="1")), answer(200, page_json(run_json())))
    runs = client_of(service).iterate_runs(sort_by="started_at")
    assert_type(runs, Pages[Run, RunPage])
    assert [run.id for run in runs.unwrap()] == [RUN_ID, RUN_ID]
    assert {request.url.path for request in service.requests} == {"/prod/api/v1/runs"}


@pytest.mark.parametrize(
    ("name", "operation"),
    [("iterate_runs", "list_runs"), ("iterate_tasks", "list_tasks"), ("iterate_schedules", "list_schedules")],
)
def test_iterating_calls_take_what_their_operations_take(name: str, operation: str) -> None:
    for place in (foreman_client, Foreman):
        iterating, listing = (inspect.signature(getattr(place, each)) for each in (name, operation))
        assert iterating.parameters == listing.parameters
        assert f"every row that `{operation}` answers" in (inspect.getdoc(getattr(place, name)) or "")


@pytest.mark.parametrize("operation", ["list_tasks", "iterate_tasks"])
@pytest.mark.parametrize(
    "arguments", [{"status": 7}, {"type": 7}, {"parent_task_id": 7}, {"sort_by": 1}, {"limit": "5"}]
)
def test_wrong_arguments_raise_at_the_call(operation: str, arguments: dict[str, Any]) -> None:
    service = serving(answer(200, page_json()))
    with pytest.raises(TypeError):
        getattr(client_of(service), operation)(**arguments)
    assert service.requests == []
