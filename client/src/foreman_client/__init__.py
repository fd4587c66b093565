"""Foreman's Python SDK: durable tasks on your own AWS account.

Every call returns a Result. Only `initialize_foreman_client` and `.unwrap()` raise for what the service or the network
did. The async client is `AsyncForeman`, async functions are in `foreman_client.aio`. What not every program needs is
imported by its first use: the async client and what handlers take with asyncio, and AWS by the first worker or result
queue.
"""

from typing import TYPE_CHECKING, Any, Final

from foreman_client._unset import UNSET as UNSET
from foreman_client._version import __version__
from foreman_client.client import Foreman, initialize_foreman_client
from foreman_client.config import ForemanConfig, QueueNames
from foreman_client.errors import (
    AnswerError,
    ConflictError,
    ConnectionFailedError,
    ForemanError,
    InvalidRequestError,
    NoDataError,
    NotFoundError,
    RateLimitedError,
    RequestTimeoutError,
    ServerError,
    TooLargeError,
    TransportError,
    UnauthorizedError,
    UnavailableError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from foreman_client.functions import (
    cancel_run,
    cancel_task,
    create_run,
    create_run_data,
    create_schedule,
    create_task,
    create_tasks,
    delete_run_data,
    delete_schedule,
    enqueue_task,
    enqueue_tasks,
    fire_schedule,
    get_config,
    get_dependencies,
    get_queue_config,
    get_run,
    get_schedule,
    get_task,
    health,
    iterate_run_data,
    iterate_run_data_search,
    iterate_runs,
    iterate_schedules,
    iterate_tasks,
    list_runs,
    list_schedules,
    list_tasks,
    query_run_data,
    retry_run,
    retry_task,
    search_run_data,
    update_run,
    update_run_data_tags,
    update_schedule,
    update_task,
    wait_for_run,
    wait_for_task,
)
from foreman_client.operations.graph_fields import FanIn
from foreman_client.operations.task_body import NewTask
from foreman_client.operations.templates import Template
from foreman_client.operations.watching import ResultEvent
from foreman_client.pages import Pages
from foreman_client.result import Failure, Result, Success
from foreman_client.steering import FailPermanently, RetryLater, TaskCancelled
from foreman_contract.enums import CatchUp, Overlap, Priority, RunStatus, TaskStatus
from foreman_contract.graphs import AtLeast
from foreman_contract.pages import Pagination
from foreman_contract.run_data import Deleted, Entry, EntryPage
from foreman_contract.runs import Run, RunPage
from foreman_contract.schedules import DeletedSchedule, Schedule, SchedulePage
from foreman_contract.service import Config, ErrorDetail, Health, Queues
from foreman_contract.tasks import Dependency, RetryPolicy, Task, TaskPage

if TYPE_CHECKING:
    from foreman_client import aio
    from foreman_client.async_client import AsyncForeman, initialize_async_foreman_client
    from foreman_client.async_pages import AsyncPages
    from foreman_client.async_results import AsyncResults
    from foreman_client.context import AsyncTaskContext, Handler, TaskContext
    from foreman_client.handlers import Handlers
    from foreman_client.middleware import Middleware
    from foreman_client.results import Results

__all__ = [
    "AnswerError",
    "AsyncForeman",
    "AsyncPages",
    "AsyncResults",
    "AsyncTaskContext",
    "AtLeast",
    "CatchUp",
    "Config",
    "ConflictError",
    "ConnectionFailedError",
    "Deleted",
    "DeletedSchedule",
    "Dependency",
    "Entry",
    "EntryPage",
    "ErrorDetail",
    "FailPermanently",
    "Failure",
    "FanIn",
    "Foreman",
    "ForemanConfig",
    "ForemanError",
    "Handler",
    "Handlers",
    "Health",
    "InvalidRequestError",
    "Middleware",
    "NewTask",
    "NoDataError",
    "NotFoundError",
    "Overlap",
    "Pages",
    "Pagination",
    "Priority",
    "QueueNames",
    "Queues",
    "RateLimitedError",
    "RequestTimeoutError",
    "Result",
    "ResultEvent",
    "Results",
    "RetryLater",
    "RetryPolicy",
    "Run",
    "RunPage",
    "RunStatus",
    "Schedule",
    "SchedulePage",
    "ServerError",
    "Success",
    "Task",
    "TaskCancelled",
    "TaskContext",
    "TaskPage",
    "TaskStatus",
    "Template",
    "TooLargeError",
    "TransportError",
    "UnauthorizedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "WaitTimeoutError",
    "__version__",
    "aio",
    "cancel_run",
    "cancel_task",
    "create_run",
    "create_run_data",
    "create_schedule",
    "create_task",
    "create_tasks",
    "delete_run_data",
    "delete_schedule",
    "enqueue_task",
    "enqueue_tasks",
    "fire_schedule",
    "get_config",
    "get_dependencies",
    "get_queue_config",
    "get_run",
    "get_schedule",
    "get_task",
    "health",
    "initialize_async_foreman_client",
    "initialize_foreman_client",
    "iterate_run_data",
    "iterate_run_data_search",
    "iterate_runs",
    "iterate_schedules",
    "iterate_tasks",
    "list_runs",
    "list_schedules",
    "list_tasks",
    "query_run_data",
    "retry_run",
    "retry_task",
    "search_run_data",
    "update_run",
    "update_run_data_tags",
    "update_schedule",
    "update_task",
    "wait_for_run",
    "wait_for_task",
]


_LAZY: Final = {
    "AsyncForeman": "async_client",
    "AsyncPages": "async_pages",
    "AsyncResults": "async_results",
    "AsyncTaskContext": "context",
    "Handler": "context",
    "Handlers": "handlers",
    "Middleware": "middleware",
    "Results": "results",
    "TaskContext": "context",
    "initialize_async_foreman_client": "async_client",
}

if not TYPE_CHECKING:  # or every misspelt name would be Any to a type checker

    def __getattr__(name: str) -> Any:
        """The names that need more than the blocking calls do, imported when they are asked for."""
        from importlib import import_module

        if name == "aio":
            return import_module("foreman_client.aio")
        if name in _LAZY:
            return getattr(import_module(f"foreman_client.{_LAZY[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
