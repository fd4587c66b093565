"""The worker: threads for the network, threads, a loop and processes for user code, one that keeps leases alive, one that reports."""

from foreman_client.worker.runner import Worker
from foreman_client.worker.status import WorkerState, WorkerStatus

__all__ = ["Worker", "WorkerState", "WorkerStatus"]
