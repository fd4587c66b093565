"""What httpx is asked, and what its faults mean: the same for the blocking driver and the async one."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from foreman_client._answer import Answer
from foreman_client._request import Request
from foreman_client._retry import Patience
from foreman_client._steps import Scope
from foreman_client._version import __version__
from foreman_client.config import ForemanConfig
from foreman_client.errors import ConnectionFailedError, RequestTimeoutError, TransportError


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, and how long each connect, read and write of one try may take, in seconds."""

    endpoint: str
    timeout_s: float

    def arguments(self, request: Request[Any]) -> dict[str, Any]:
        """The keyword arguments of httpx's `request` method."""
        headers = {} if request.body is None else {"content-type": "application/json"}
        if request.idempotency_key is not None:
            headers["idempotency-key"] = request.idempotency_key
        return {
            "method": request.method,
            "url": self.endpoint + request.path,
            "params": request.params or None,
            "content": request.body,
            "headers": headers,
            "timeout": self.timeout_s,
        }

    def fault(self, error: httpx.HTTPError | httpx.InvalidURL) -> TransportError:
        """Why there is no answer.

        Raises:
            ValueError: because an argument of the call does not fit into a URL.
        """
        if isinstance(error, httpx.InvalidURL):
            raise ValueError(f"the arguments do not fit into a URL: {error}") from None
        if isinstance(error, httpx.TimeoutException):
            message = f"no answer from {self.endpoint} within {self.timeout_s} s ({type(error).__name__})"
            return RequestTimeoutError(message, code="timeout", retryable=True)
        message = f"no connection to {self.endpoint} ({type(error).__name__}: {error})"
        return ConnectionFailedError(message, code="connection_failed", retryable=True)


def answered(response: httpx.Response) -> Answer:
    """The answer that a response, read to its end, holds."""
    return Answer(response.status_code, response.headers, response.content)


def client_arguments(config: ForemanConfig) -> dict[str, Any]:
    """The keyword arguments of an httpx client that speaks for this config."""
    return {
        "headers": {
            "authorization": f"Bearer {config.api_key}",
            "user-agent": f"foreman-client/{__version__}",
            "accept": "application/json",
        },
        "follow_redirects": False,
    }


def scope_of(
    config: ForemanConfig,
    monotonic: Callable[[], float] = time.monotonic,
    uniform: Callable[[], float] = random.random,
) -> Scope:
    """What operations under this config may know."""
    return Scope(config.queues, Patience(config.max_retries, config.max_wait_s), monotonic, uniform)


def checked(config: object) -> ForemanConfig:
    """The config of a call.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(config, ForemanConfig):
        raise TypeError(f"config must be ForemanConfig, not {type(config).__name__}")
    return config
