"""Operations on the service itself."""

from dataclasses import replace

from foreman_client._arguments import params
from foreman_client._request import reading
from foreman_client._steps import Scope, Steps, exchange
from foreman_client.result import Failure, Result, Success
from foreman_contract.service import Config, Health, Queues


def get_config(scope: Scope) -> Steps[Result[Config]]:
    """The service's version, region, limits, and the queues of the default names."""
    return exchange(scope, reading("/api/v1/config", Config))


def get_queue_config(scope: Scope) -> Steps[Result[Queues]]:
    """The queues of the config's own names; they are created when absent."""
    query = params(task_queue=scope.queues.task_queue, result_queue=scope.queues.result_queue)
    return exchange(scope, reading("/api/v1/config/queues", Queues, query))


def restore_queues(scope: Scope) -> Steps[Result[Queues]]:
    """As `get_queue_config`, in one try: whoever finds that a queue was deleted goes on asking it, and this, by itself."""
    return get_queue_config(_once(scope))


def fetch_settings(scope: Scope) -> Steps[Result[Config]]:
    """What `get_config` answers, with the queues of the config's own names: what a client keeps."""
    settings = yield from get_config(scope)
    if not settings.success:
        return settings
    named = settings.data.queues
    if (named.task_queue, named.result_queue) == (scope.queues.task_queue, scope.queues.result_queue):
        return settings
    queues = yield from get_queue_config(scope)
    if isinstance(queues, Failure):
        return queues
    return Success(settings.data.model_copy(update={"queues": queues.data}))


def health(scope: Scope) -> Steps[Result[Health]]:
    """Whether the service and its database answer now: one try, no retries; a Failure when they do not."""
    return exchange(_once(scope), reading("/health", Health))


def _once(scope: Scope) -> Scope:
    return replace(scope, patience=replace(scope.patience, max_retries=0, max_wait_s=0.0))
