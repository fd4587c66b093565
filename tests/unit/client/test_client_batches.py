"""Lists of tasks are created in as few calls as the service takes, in order, once."""

import json

import httpx
import pytest

from foreman_client import Result, Task
from foreman_client._json import encode, escaped_size
from foreman_client.operations.task_batches import create_tasks, enqueue_tasks
from tests.unit.client.records import RUN_ID, error_json, task_json
from tests.unit.client.stub_service import StubService, answer, error_of, serving


def echo(request: httpx.Request) -> httpx.Response:
    tasks = json.loads(request.content)["tasks"]
    return answer(201, {"data": [task_json(task["inputData"]) for task in tasks]})


def create(service: StubService, count: int, key: str | None = None) -> Result[list[Task]]:
    session = service.session()
    tasks = [{"type": "t", "input_data": number} for number in range(count)]
    return session.run(create_tasks(session.scope, run_id=RUN_ID, tasks=tasks, idempotency_key=key))  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "calls"), [(1, [1]), (90, [90]), (91, [90, 1]), (250, [90, 90, 70])])
def test_a_list_is_split_at_90_and_answered_in_order(count: int, calls: list[int]) -> None:
    service = serving(echo)
    created = create(service, count).unwrap()
    assert [task.input_data["n"] for task in created] == list(range(count))
    assert [len(body["tasks"]) for body in service.bodies()] == calls


def test_an_empty_list_asks_nothing() -> None:
    service = serving(echo)
    assert create(service, 0).unwrap() == []
    assert service.requests == []


def test_parts_have_keys_of_their_own_which_the_same_call_repeats() -> None:
    first, second = serving(echo), serving(echo)
    create(first, 200, key="k" * 255)
    create(second, 200, key="k" * 255)
    keys = [request.headers["idempotency-key"] for request in first.requests]
    assert len(set(keys)) == 3
    assert keys == [request.headers["idempotency-key"] for request in second.requests]


def test_a_single_call_carries_the_callers_key_as_it_is() -> None:
    service = serving(echo)
    create(service, 2, key="mine")
    assert service.requests[0].headers["idempotency-key"] == "mine"


def test_a_part_that_fails_ends_the_call_and_tells_what_was_created() -> None:
    service = serving(echo, answer(409, error_json("conflict", "the run has ended")))
    error = error_of(create(service, 200))
    assert error.code == "conflict"
    assert error.__notes__ == ["the first 90 of 200 tasks were created"]
    assert len(service.requests) == 2


def test_bodies_stay_under_four_megabytes_as_the_service_counts_them() -> None:
    service = serving(lambda request: answer(201, {"data": []}))
    session = service.session()
    tasks = [{"type": "t", "input_data": '"' * 250_000} for _ in range(10)]
    session.run(create_tasks(session.scope, run_id=RUN_ID, tasks=tasks)).unwrap()  # type: ignore[arg-type]
    sizes = [escaped_size(request.content.decode()) for request in service.requests]
    assert len(sizes) > 1
    assert max(sizes) <= 4 * 1024 * 1024
    assert escaped_size(encode(tasks)) > 4 * 1024 * 1024


def test_enqueued_tasks_go_to_the_configs_queue_unless_told() -> None:
    service = serving(lambda request: answer(201, {"data": []}))
    session = service.session()
    tasks = [{"type": "t", "input_data": 1}, {"type": "t", "input_data": 2, "queue": "other"}]
    session.run(enqueue_tasks(session.scope, run_id=RUN_ID, tasks=tasks)).unwrap()  # type: ignore[arg-type]
    (body,) = service.bodies()
    assert [(task["enqueue"], task["queue"]) for task in body["tasks"]] == [
        (True, "my-app:tasks"),
        (True, "other"),
    ]
