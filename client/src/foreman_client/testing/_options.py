"""What a worker may be told."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from foreman_client.operations.task_body import PriorityName


class WorkerArguments(TypedDict, total=False):
    """The keyword arguments of `Foreman.create_worker`."""

    concurrency: int
    concurrency_by_type: Mapping[str, int] | None
    priorities: Sequence[PriorityName]
    lease_seconds: int | None
    worker_id: str | None
    health_port: int | None
    health_host: str
