"""Foreman's Python SDK: durable tasks on your own AWS account.

Every call returns a Result. Only `initialize_foreman_client` and `.unwrap()` raise for what the service or the network
did. AWS is imported when a worker is created, not before.
"""

from foreman_client._unset import UNSET as UNSET
from foreman_client._version import __version__
from foreman_client.client import Foreman, initialize_foreman_client
from foreman_client.config import ForemanConfig, QueueNames
from foreman_client.context import AsyncTaskContext, Handler, TaskContext
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
    create_task,
    create_tasks,
    delete_run_data,
    enqueue_task,
    enqueue_tasks,
    get_config,
    get_dependencies,
    get_queue_config,
    get_run,
    get_task,
    health,
    iterate_run_data,
    iterate_run_data_search,
    iterate_runs,
    iterate_tasks,
    list_runs,
    list_tasks,
    query_run_data,
    retry_run,
    retry_task,
    search_run_data,
    update_run,
    update_run_data_tags,
    update_task,
    wait_for_run,
    wait_for_task,
)
from foreman_client.handlers import Handlers
from foreman_client.middleware import Middleware
from foreman_client.operations.graph_fields import FanIn
from foreman_client.operations.task_body import NewTask
from foreman_client.pages import Pages
from foreman_client.result import Failure, Result, Success
from foreman_client.steering import FailPermanently, RetryLater, TaskCancelled
from foreman_contract.enums import Priority, RunStatus, TaskStatus
from foreman_contract.graphs import AtLeast
from foreman_contract.pages import Pagination
from foreman_contract.run_data import Deleted, Entry, EntryPage
from foreman_contract.runs import Run, RunPage
from foreman_contract.service import Config, ErrorDetail, Health, Queues
from foreman_contract.tasks import Dependency, RetryPolicy, Task, TaskPage

__all__ = [
    "AnswerError",
    "AsyncTaskContext",
    "AtLeast",
    "Config",
    "ConflictError",
    "ConnectionFailedError",
    "Deleted",
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
    "Pages",
    "Pagination",
    "Priority",
    "QueueNames",
    "Queues",
    "RateLimitedError",
    "RequestTimeoutError",
    "Result",
    "RetryLater",
    "RetryPolicy",
    "Run",
    "RunPage",
    "RunStatus",
    "ServerError",
    "Success",
    "Task",
    "TaskCancelled",
    "TaskContext",
    "TaskPage",
    "TaskStatus",
    "TooLargeError",
    "TransportError",
    "UnauthorizedError",
    "UnavailableError",
    "UnexpectedAnswerError",
    "WaitTimeoutError",
    "__version__",
    "cancel_run",
    "cancel_task",
    "create_run",
    "create_run_data",
    "create_task",
    "create_tasks",
    "delete_run_data",
    "enqueue_task",
    "enqueue_tasks",
    "get_config",
    "get_dependencies",
    "get_queue_config",
    "get_run",
    "get_task",
    "health",
    "initialize_foreman_client",
    "iterate_run_data",
    "iterate_run_data_search",
    "iterate_runs",
    "iterate_tasks",
    "list_runs",
    "list_tasks",
    "query_run_data",
    "retry_run",
    "retry_task",
    "search_run_data",
    "update_run",
    "update_run_data_tags",
    "update_task",
    "wait_for_run",
    "wait_for_task",
]
