"""The worker: one thread for the network, threads for user code, one that keeps leases alive, one that reports."""

from foreman_client.worker.runner import Worker

__all__ = ["Worker"]
