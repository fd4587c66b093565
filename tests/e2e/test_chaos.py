"""Behind a network that drops, delays, doubles and cuts, clients lose nothing and double nothing."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from foreman_client import (
    AsyncForeman,
    Deleted,
    Foreman,
    ForemanConfig,
    Result,
    Run,
    initialize_foreman_client,
)
from foreman_client._async_http import open_async_session
from foreman_client._http import open_session
from tests.e2e.chaos import WEIGHTS, ChaosProxy, chaos_to
from tests.e2e.processes import Stack

Clients = Callable[[ChaosProxy, Foreman, Run, int], list[str]]
HURRY = 20
"""How much shorter than promised the clients wait between tries."""


def impatient(seconds: float) -> None:
    time.sleep(seconds / HURRY)


async def impatient_async(seconds: float) -> None:
    await asyncio.sleep(seconds / HURRY)


@pytest.fixture
def direct(stack: Stack) -> Iterator[Foreman]:
    with initialize_foreman_client(ForemanConfig(stack.endpoint, stack.api_key)) as client:
        yield client


def config_behind(proxy: ChaosProxy, direct: Foreman) -> ForemanConfig:
    return replace(direct.config, endpoint=proxy.endpoint, max_retries=25)


def is_gone(result: Result[Deleted]) -> bool:
    """A delete that the network, not the client, sent twice may bring the answer of the second: nothing was there."""
    return result.success or result.error.code == "not_found"


def flow(client: Foreman, run: Run, number: int) -> str:
    """A task that is created with data, changed, and ended; through it all, twelve calls."""
    task = client.create_task(run_id=run.id, type="t", input_data=number).unwrap()
    client.enqueue_task(run_id=run.id, type="e", input_data=number).unwrap()
    parts = client.create_tasks(run_id=run.id, tasks=[{"type": "b", "input_data": n} for n in range(3)])
    client.update_task(task.id, status="running", metadata={"n": number}).unwrap()
    entry = client.create_run_data(
        run.id, task_id=task.id, key=f"k{number}", value=number, tags=["old"]
    ).unwrap()
    client.update_run_data_tags(run.id, entry.id, add=["new"], remove=["old"]).unwrap()
    client.update_task(task.id, status="completed", output_data=number).unwrap()
    client.cancel_task(parts.unwrap()[0].id).unwrap()
    gone = client.create_run_data(run.id, task_id=task.id, key=f"gone{number}", value=None).unwrap()
    assert is_gone(client.delete_run_data(run.id, id=gone.id))
    assert client.get_task(task.id).unwrap().output_data == number
    assert task.id in {each.id for each in client.iterate_tasks(run_id=run.id, type="t", limit=2).unwrap()}
    return task.id


async def async_flow(client: AsyncForeman, run: Run, number: int) -> str:
    """The same, awaited."""
    task = (await client.create_task(run_id=run.id, type="t", input_data=number)).unwrap()
    (await client.enqueue_task(run_id=run.id, type="e", input_data=number)).unwrap()
    parts = await client.create_tasks(run_id=run.id, tasks=[{"type": "b", "input_data": n} for n in range(3)])
    (await client.update_task(task.id, status="running", metadata={"n": number})).unwrap()
    key = f"k{number}"
    made = await client.create_run_data(run.id, task_id=task.id, key=key, value=number, tags=["old"])
    entry = made.unwrap()
    (await client.update_run_data_tags(run.id, entry.id, add=["new"], remove=["old"])).unwrap()
    (await client.update_task(task.id, status="completed", output_data=number)).unwrap()
    (await client.cancel_task(parts.unwrap()[0].id)).unwrap()
    gone = (await client.create_run_data(run.id, task_id=task.id, key=f"gone{number}", value=None)).unwrap()
    assert is_gone(await client.delete_run_data(run.id, id=gone.id))
    assert (await client.get_task(task.id)).unwrap().output_data == number
    tasks = client.iterate_tasks(run_id=run.id, type="t", limit=2)
    assert task.id in {each.id async for each in tasks.unwrap()}
    return task.id


def by_threads(proxy: ChaosProxy, direct: Foreman, run: Run, flows: int) -> list[str]:
    config = config_behind(proxy, direct)
    with (
        Foreman(config, direct.settings, open_session(config, sleep=impatient)) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        return list(pool.map(lambda number: flow(client, run, number), range(flows)))


def by_coroutines(proxy: ChaosProxy, direct: Foreman, run: Run, flows: int) -> list[str]:
    async def main() -> list[str]:
        config = config_behind(proxy, direct)
        session = open_async_session(config, sleep=impatient_async)
        async with AsyncForeman(config, direct.settings, session) as client:
            return await asyncio.gather(*(async_flow(client, run, number) for number in range(flows)))

    return asyncio.run(main())


@pytest.mark.parametrize("clients", [by_threads, by_coroutines])
def test_nothing_is_lost_and_nothing_is_doubled(stack: Stack, direct: Foreman, clients: Clients) -> None:
    flows = 6
    run = direct.create_run(input_data=None).unwrap()
    with chaos_to(stack.endpoint, seed=1) as proxy:
        made = clients(proxy, direct, run, flows)
        assert set(proxy.met) == set(WEIGHTS), proxy.met
    tasks = list(direct.iterate_tasks(run_id=run.id).unwrap())
    by_type = {kind: [task for task in tasks if task.type == kind] for kind in "teb"}
    assert sorted(task.id for task in by_type["t"]) == sorted(made)
    assert sorted(task.input_data for task in by_type["t"]) == list(range(flows))
    assert {(task.status, task.output_data == task.input_data) for task in by_type["t"]} == {
        ("completed", True)
    }
    assert sorted(task.input_data for task in by_type["e"]) == list(range(flows))
    assert sorted(task.input_data for task in by_type["b"]) == sorted([0, 1, 2] * flows)
    assert sum(task.status == "cancelled" for task in by_type["b"]) == flows
    entries = list(direct.iterate_run_data(run.id, include_all=True).unwrap())
    assert sorted((entry.key, entry.value, *entry.tags) for entry in entries) == sorted(
        (f"k{number}", number, "new") for number in range(flows)
    )
    counted = direct.get_run(run.id).unwrap()
    assert (counted.total_tasks, counted.completed_tasks, counted.cancelled_tasks) == (
        5 * flows,
        flows,
        flows,
    )
