"""What takes the place of the network, the queues and the clock for one endpoint: how `foreman_client.testing` gets in.

Whoever is told the endpoint of a stand-in, be it a client, a function or a worker, meets the stand-in.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import httpx

from foreman_contract.service import Config

if TYPE_CHECKING:
    from foreman_client.client import Foreman
    from foreman_client.context import Handler
    from foreman_client.handlers import Handlers
    from foreman_client.worker import Worker
    from foreman_client.worker.options import WorkerOptions
    from foreman_client.worker.queue import TaskQueue


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session needs of the world besides its config: times are in seconds, `uniform` draws from [0, 1)."""

    transport: httpx.BaseTransport
    async_transport: httpx.AsyncBaseTransport
    sleep: Callable[[float], None]
    sleep_async: Callable[[float], Awaitable[None]]
    monotonic: Callable[[], float]
    uniform: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Queues:
    """What a client needs of the world besides its session: who reads results, and who works."""

    open_results: Callable[[Config], "TaskQueue"]
    create_worker: "Callable[[Mapping[str, Handler] | Handlers, WorkerOptions, Foreman], Worker]"


@dataclass(frozen=True, slots=True)
class StandIn:
    """One stand-in; without `queues` it has only the session's side."""

    surroundings: Surroundings
    queues: Queues | None = None


@cache
def _stand_ins() -> dict[str, StandIn]:
    return {}


def put_in(endpoint: str, stand_in: StandIn) -> None:
    """From now on the stand-in is met at this endpoint, in this process; sessions that were opened keep what they met."""
    _stand_ins()[endpoint] = stand_in


def surroundings_of(endpoint: str) -> Surroundings | None:
    """What sessions of this endpoint meet; None: the world."""
    found = _stand_ins().get(endpoint)
    return None if found is None else found.surroundings


def queues_of(endpoint: str) -> Queues | None:
    """What clients of this endpoint meet; None: SQS."""
    found = _stand_ins().get(endpoint)
    return None if found is None else found.queues
