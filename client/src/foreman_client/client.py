"""The blocking client: one Foreman, its queue settings fetched once."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from foreman_client._bind import method, paged_method
from foreman_client._http import Session, open_session
from foreman_client._stand_ins import queues_of
from foreman_client._watch import results_method
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
from foreman_client.operations.task_body import PriorityName
from foreman_contract.service import Config

if TYPE_CHECKING:
    from foreman_client.context import Handler
    from foreman_client.handlers import Handlers
    from foreman_client.worker import Worker
    from foreman_client.worker.options import WorkerOptions


class Foreman:
    """Every operation as a method; safe to share between threads. `initialize_foreman_client` makes one.

    It may be used on both sides of a fork: the child opens connections of its own.

    `config` is the caller's, `settings` what the service said of itself, with the queues of the config's names.
    """

    def __init__(self, config: ForemanConfig, settings: Config, session: Session) -> None:
        self.config = config
        self.settings = settings
        self.session = session

    create_run = method(runs.create_run)
    get_run = method(runs.get_run)
    update_run = method(runs.update_run)
    cancel_run = method(runs.cancel_run)
    retry_run = method(runs.retry_run)
    list_runs = method(runs.list_runs)
    iterate_runs = paged_method(iterating.iterate_runs)
    wait_for_run = method(waiting.wait_for_run)

    create_task = method(tasks.create_task)
    create_tasks = method(task_batches.create_tasks)
    enqueue_task = method(tasks.enqueue_task)
    enqueue_tasks = method(task_batches.enqueue_tasks)
    get_task = method(tasks.get_task)
    get_dependencies = method(tasks.get_dependencies)
    update_task = method(tasks.update_task)
    cancel_task = method(tasks.cancel_task)
    retry_task = method(tasks.retry_task)
    list_tasks = method(tasks.list_tasks)
    iterate_tasks = paged_method(iterating.iterate_tasks)
    wait_for_task = method(waiting.wait_for_task)

    create_schedule = method(schedules.create_schedule)
    get_schedule = method(schedules.get_schedule)
    update_schedule = method(schedules.update_schedule)
    delete_schedule = method(schedules.delete_schedule)
    fire_schedule = method(schedules.fire_schedule)
    list_schedules = method(schedules.list_schedules)
    iterate_schedules = paged_method(iterating.iterate_schedules)

    create_run_data = method(run_data.create_run_data)
    query_run_data = method(run_data.query_run_data)
    iterate_run_data = paged_method(iterating.iterate_run_data)
    search_run_data = method(run_data.search_run_data)
    iterate_run_data_search = paged_method(iterating.iterate_run_data_search)
    update_run_data_tags = method(run_data.update_run_data_tags)
    delete_run_data = method(deleting.delete_run_data)

    results = results_method(watching.results)

    get_config = method(service.get_config)
    get_queue_config = method(service.get_queue_config)
    health = method(service.health)

    def create_worker(
        self,
        handlers: "Mapping[str, Handler] | Handlers | None" = None,
        *,
        concurrency: int = 10,
        concurrency_by_type: Mapping[str, int] | None = None,
        priorities: Sequence[PriorityName] = ("high", "normal", "low"),
        lease_seconds: int | None = None,
        worker_id: str | None = None,
        health_port: int | None = None,
        health_host: str = "127.0.0.1",
    ) -> "Worker":
        """A worker for the config's task queue, not started yet: `handlers` by task type, `concurrency` at a time.

        Handlers may also be added with `@worker.task(...)` before it starts. Of a type in `concurrency_by_type` at most so
        many run at once. It takes in tasks of these `priorities`. `lease_seconds` (5-3600) is how long a silent worker
        keeps a task; left out, the service chooses 60 s and more for long attempts. `worker_id` names the worker in task
        records (default: host, process and a random part). A `health_port` answers `GET /healthz` and `GET /readyz`.

        Raises:
            TypeError, ValueError: an argument is of the wrong type or out of range.
        """
        from foreman_client.worker.options import worker_options

        options = worker_options(
            self.settings,
            concurrency,
            lease_seconds,
            worker_id,
            concurrency_by_type=concurrency_by_type,
            priorities=priorities,
            health_host=health_host,
            health_port=health_port,
        )
        given = {} if handlers is None else handlers
        met = queues_of(self.config.endpoint)
        return self._worker_on_sqs(given, options) if met is None else met.create_worker(given, options, self)

    def _worker_on_sqs(
        self, handlers: "Mapping[str, Handler] | Handlers", options: "WorkerOptions"
    ) -> "Worker":
        # AWS is imported only by who needs it: a caller that never starts a worker pays nothing.
        from foreman_client._sqs import open_task_queues
        from foreman_client.worker import Worker
        from foreman_client.worker.api import SessionApi

        queues = open_task_queues(self.settings, options.priorities, self._restore_queues)
        return Worker(handlers, options, SessionApi(self.session, options), queues, self.session, self.config)

    def _restore_queues(self) -> None:
        """Have the service look for its queues; one that was deleted is created again. A failure is tried again later."""
        self.session.run(service.restore_queues(self.session.scope))

    def close(self) -> None:
        """Close the connections; the client and its workers are of no use after: calls raise RuntimeError."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def initialize_foreman_client(
    config: ForemanConfig, *, transport: httpx.BaseTransport | None = None
) -> Foreman:
    """A client that works: the service has answered, knows the key, and has the config's queues ready.

    `transport` replaces the network, for tests.

    Raises:
        ForemanError: the service did not answer, or refused.
        TypeError: `config` is no ForemanConfig.
    """
    session = open_session(checked(config), transport=transport)
    try:
        settings = session.run(service.fetch_settings(session.scope)).unwrap()
    except BaseException:
        session.close()
        raise
    return Foreman(config, settings, session)
