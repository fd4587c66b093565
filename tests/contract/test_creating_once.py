"""Of sixteen creating requests with one idempotency key one creates; every other answers what that one made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from foreman_contract.messages import TaskMessage
from foreman_contract.run_data import CreateEntry
from foreman_contract.runs import CreateRun
from foreman_contract.tasks import CreateTask, NewTask
from foreman_engine.domain.errors import KeyReusedError
from foreman_engine.domain.query import DataQuery
from foreman_engine.service.creating import create_tasks
from foreman_engine.service.creating_runs import create_graph
from foreman_engine.service.data_queries import query_entries
from foreman_engine.service.idempotency import IdempotencyKey, idempotency_key
from foreman_engine.service.indexes import RunIndex
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_data import create_entry
from tests.contract.backends import Backend
from tests.contract.claimers import claim
from tests.contract.states import Maker
from tests.contract.test_races import RACERS, race

LARGE = "é" * 300_000
"""A payload that lies outside its item."""


@dataclass(frozen=True)
class World:
    """An organization with a run and a task."""

    ports: Ports
    org_id: str
    run_id: str
    task_id: str


@dataclass(frozen=True)
class Made:
    """What a creating call answers."""

    ids: tuple[str, ...]
    replayed: bool
    payload: Any = field(default=None, compare=False)


def run(world: World, key: IdempotencyKey, value: Any) -> Made:
    created = create_graph(world.ports, world.org_id, CreateRun(input_data=value), key)
    return Made((created.run.id,), created.replayed, created.run.input_data)


def graph(world: World, key: IdempotencyKey, value: Any) -> Made:
    tasks = [NewTask(type="t", input_data=value, ref=ref) for ref in ("a", "b")]
    created = create_graph(world.ports, world.org_id, CreateRun(input_data=1, tasks=tasks), key)
    ids = created.run.task_ids or {}
    return Made((created.run.id, ids["a"], ids["b"]), created.replayed)


def task(world: World, key: IdempotencyKey, value: Any) -> Made:
    new = CreateTask(run_id=world.run_id, type="t", input_data=value, enqueue=True)
    created = create_tasks(world.ports, world.org_id, [new], key, batch=False)
    return Made((created.tasks[0].id,), created.replayed, created.tasks[0].input_data)


def batch(world: World, key: IdempotencyKey, value: Any) -> Made:
    new = [CreateTask(run_id=world.run_id, type="t", input_data=value) for _ in range(3)]
    created = create_tasks(world.ports, world.org_id, new, key)
    return Made(tuple(each.id for each in created.tasks), created.replayed, created.tasks[2].input_data)


def entry(world: World, key: IdempotencyKey, value: Any) -> Made:
    new = CreateEntry(task_id=world.task_id, key="k", value=value, tags=["a"])
    created = create_entry(world.ports, world.org_id, world.run_id, new, key)
    return Made((created.entry.id,), created.replayed, created.entry.value)


Call = Callable[[World, IdempotencyKey, Any], Made]
ADDED: dict[Call, list[int]] = {
    run: [1, 0, 0],
    graph: [1, 0, 0],
    task: [0, 1, 0],
    batch: [0, 3, 0],
    entry: [0, 0, 1],
}
"""Runs, tasks of the world's run, and entries of it that each call makes."""
PAYLOADS = [call for call in ADDED if call is not graph]


@pytest.fixture
def world(ports: Ports, make: Maker) -> World:
    task = make.stored_task()
    return World(ports, make.org_id, task.run_id, task.id)


def key(body: bytes = b"{}") -> IdempotencyKey:
    return idempotency_key("POST", "/path", "key", body)


def counted(world: World) -> tuple[int, int, int]:
    """Runs, tasks of the run, and entries of the run."""
    ports, org, run_id = world.ports, world.org_id, world.run_id
    runs = ports.runs.rows(org, RunIndex(), 100, None, ascending=True)
    return len(runs), ports.runs.get(org, [run_id])[run_id].total_tasks, len(entries(world))


def entries(world: World) -> list[Any]:
    page = ListQuery(limit=100, cursor=None, ascending=True, total=False, offset=0)
    query = DataQuery(include_all=True)
    return list(query_entries(world.ports, world.org_id, world.run_id, query, page).data)


@pytest.mark.parametrize("call", ADDED)
def test_sixteen_at_once_make_one_set_of_objects(world: World, call: Call) -> None:
    before = counted(world)
    made = race([lambda: call(world, key(), 1)] * RACERS)
    assert len({each.ids for each in made}) == 1
    assert sorted(each.replayed for each in made) == [False] + [True] * (RACERS - 1)
    added = [after - was for after, was in zip(counted(world), before, strict=True)]
    assert added == ADDED[call]


@pytest.mark.parametrize("call", ADDED)
def test_another_body_is_refused_and_makes_nothing(world: World, call: Call) -> None:
    call(world, key(), 1)
    before = counted(world)
    with pytest.raises(KeyReusedError):
        call(world, key(b"[]"), 2)
    assert counted(world) == before


@pytest.mark.parametrize("call", PAYLOADS)
def test_a_large_payload_is_answered_again(world: World, call: Call) -> None:
    first, again = call(world, key(), LARGE), call(world, key(), LARGE)
    assert (again.ids, first.replayed, again.replayed) == (first.ids, False, True)
    assert again.payload == first.payload == LARGE


def test_messages_of_tasks_that_lost_the_race_lead_to_nothing(backend: Backend, world: World) -> None:
    [winner] = {made.ids[0] for made in race([lambda: task(world, key(), 1)] * RACERS)}
    url = world.ports.messages.resolve(world.org_id, "foreman:tasks", "foreman:results").task_queue_url
    outcomes: dict[str, str] = {}
    while arrived := backend.consumer.receive(url):
        for number, message in enumerate(arrived):
            task_id = TaskMessage.model_validate_json(message.body).task_id
            outcomes[task_id] = claim(world.ports, world.org_id, task_id, number).outcome.value
            backend.consumer.delete(url, message.receipt)
    assert outcomes.pop(winner) == "claimed"
    assert set(outcomes.values()) <= {"unknown"}
