"""The async client: one Foreman, its queue settings fetched once, for the tasks of one event loop."""

from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

import httpx

from foreman_client._async_bind import async_method, async_paged_method
from foreman_client._async_http import AsyncSession, open_async_session
from foreman_client._watch import async_results_method
from foreman_client._wire import checked
from foreman_client.config import ForemanConfig
from foreman_client.operations import (
    deleting,
    iterating,
    run_data,
    runs,
    schedules,
    service,
    task_batches,
    tasks,
    waiting,
    watching,
)
from foreman_contract.service import Config


class AsyncForeman:
    """Every operation as an async method, for the tasks of one event loop. `initialize_async_foreman_client` makes one.

    `config` is the caller's, `settings` what the service said of itself, with the queues of the config's names. Workers
    run in threads of their own and are made by the blocking client.
    """

    def __init__(self, config: ForemanConfig, settings: Config, session: AsyncSession) -> None:
        self.config = config
        self.settings = settings
        self.session = session

    create_run = async_method(runs.create_run)
    get_run = async_method(runs.get_run)
    update_run = async_method(runs.update_run)
    cancel_run = async_method(runs.cancel_run)
    retry_run = async_method(runs.retry_run)
    list_runs = async_method(runs.list_runs)
    iterate_runs = async_paged_method(iterating.iterate_runs)
    wait_for_run = async_method(waiting.wait_for_run)

    create_task = async_method(tasks.create_task)
    create_tasks = async_method(task_batches.create_tasks)
    enqueue_task = async_method(tasks.enqueue_task)
    enqueue_tasks = async_method(task_batches.enqueue_tasks)
    get_task = async_method(tasks.get_task)
    get_dependencies = async_method(tasks.get_dependencies)
    update_task = async_method(tasks.update_task)
    cancel_task = async_method(tasks.cancel_task)
    retry_task = async_method(tasks.retry_task)
    list_tasks = async_method(tasks.list_tasks)
    iterate_tasks = async_paged_method(iterating.iterate_tasks)
    wait_for_task = async_method(waiting.wait_for_task)

    create_schedule = async_method(schedules.create_schedule)
    get_schedule = async_method(schedules.get_schedule)
    update_schedule = async_method(schedules.update_schedule)
    delete_schedule = async_method(schedules.delete_schedule)
    fire_schedule = async_method(schedules.fire_schedule)
    list_schedules = async_method(schedules.list_schedules)
    iterate_schedules = async_paged_method(iterating.iterate_schedules)

    create_run_data = async_method(run_data.create_run_data)
    query_run_data = async_method(run_data.query_run_data)
    iterate_run_data = async_paged_method(iterating.iterate_run_data)
    search_run_data = async_method(run_data.search_run_data)
    iterate_run_data_search = async_paged_method(iterating.iterate_run_data_search)
    update_run_data_tags = async_method(run_data.update_run_data_tags)
    delete_run_data = async_method(deleting.delete_run_data)

    results = async_results_method(watching.results)

    get_config = async_method(service.get_config)
    get_queue_config = async_method(service.get_queue_config)
    health = async_method(service.health)

    async def close(self) -> None:
        """Close the connections; calls after it raise RuntimeError."""
        await self.session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Connecting:
    """A client to be: `await` it, or `async with` it, which closes the client at the end of the block."""

    def __init__(self, config: ForemanConfig, transport: httpx.AsyncBaseTransport | None) -> None:
        self._config = config
        self._transport = transport
        self._client: AsyncForeman | None = None

    def __await__(self) -> Generator[Any, Any, AsyncForeman]:
        return self._connect().__await__()

    async def __aenter__(self) -> AsyncForeman:
        self._client = await self._connect()
        return self._client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def _connect(self) -> AsyncForeman:
        session = open_async_session(self._config, transport=self._transport)
        try:
            settings = (await session.run(service.fetch_settings(session.scope))).unwrap()
        except BaseException:
            await session.close()
            raise
        return AsyncForeman(self._config, settings, session)


def initialize_async_foreman_client(
    config: ForemanConfig, *, transport: httpx.AsyncBaseTransport | None = None
) -> Connecting:
    """A client that works: the service has answered, knows the key, and has the config's queues ready.

    `async with initialize_async_foreman_client(config) as client:` closes it at the end of the block; after
    `client = await initialize_async_foreman_client(config)` the caller does. `transport` replaces the network, for tests.

    Raises:
        ForemanError: while awaited: the service did not answer, or refused.
        TypeError: `config` is no ForemanConfig.
    """
    return Connecting(checked(config), transport)
