"""What a worker is told once, and how patient it is."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import uuid4

from foreman_client._arguments import expect, mapping, required
from foreman_contract import limits
from foreman_contract.enums import Priority
from foreman_contract.service import Config

_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. Tests shorten them; nothing else changes them."""

    receive_wait_s: int = 20
    """The longest SQS allows: an idle worker then costs three requests a minute."""
    emulator_wait_s: int = 2
    """On an emulator, where requests are free and a stop should not take long."""
    visibility_margin_s: int = 5
    """How much longer than its lease a message stays invisible, so that the lease ends first."""
    slots_linger_s: float = 0.02
    """How long a receive waits for more free slots once there is one: handlers that began together end together."""
    report_linger_s: float = 0.005
    """How long a finished attempt waits for company in its report while others run."""
    recheck_s: tuple[float, ...] = (0.1, 0.3, 1.0)
    """Pauses before an unknown task is claimed again: its record may be milliseconds away."""
    unhandled_hide_s: int = 30
    unhandled_warn_s: float = 60.0
    full_hide_s: int = 5
    """How long a message stays away whose type runs as often as it may; longer once it was received often."""
    longest_full_hide_s: int = 300
    full_pause_s: float = 0.25
    """Pause after a round that brought nothing but such messages: looking past many of them costs requests."""
    burst_wait_s: int = 1
    """A long poll, however short, asks all of SQS's servers whether a queue is empty."""
    first_backoff_s: float = 0.2
    longest_backoff_s: float = 15.0
    shortest_beat_s: float = 1.0
    beat_retry_s: float = 2.0
    flush_s: float = 5.0
    """How long a stop goes on trying to report, after its deadline."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Frozen settings of one worker; `lease_seconds` is None when the service shall choose."""

    worker_id: str
    concurrency: int
    lease_seconds: int | None
    concurrency_by_type: Mapping[str, int] = field(default_factory=dict)
    priorities: tuple[Priority, ...] = tuple(Priority)
    health_host: str = "127.0.0.1"
    health_port: int | None = None
    default_lease_s: int = limits.DEFAULT_LEASE_S
    max_payload_bytes: int = limits.MAX_PAYLOAD_BYTES
    timing: Timing = field(default_factory=Timing)

    @property
    def visibility_s(self) -> int:
        """How long a received message is hidden from other workers."""
        return (self.lease_seconds or self.default_lease_s) + self.timing.visibility_margin_s


def worker_options(
    settings: Config,
    concurrency: int,
    lease_seconds: int | None,
    worker_id: str | None,
    *,
    concurrency_by_type: Mapping[str, int] | None = None,
    priorities: Sequence[Priority | str] = tuple(Priority),
    health_host: str = "127.0.0.1",
    health_port: int | None = None,
) -> WorkerOptions:
    """The options of a worker, checked; bounds come from the service where it publishes them.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or out of range.
    """
    required(int, concurrency=concurrency)
    expect(int, lease_seconds=lease_seconds, health_port=health_port)
    required(str, health_host=health_host)
    expect(str, worker_id=worker_id)
    bounds = mapping("concurrency_by_type", concurrency_by_type) or {}
    required(int, **{f"concurrency_by_type[{kind!r}]": most for kind, most in bounds.items()})
    if min([concurrency, *bounds.values()]) < 1:
        raise ValueError("concurrency must be at least 1")
    if health_port is not None and not 0 <= health_port <= _LAST_PORT:
        raise ValueError(f"health_port must be 0-{_LAST_PORT}")
    shortest = settings.limits.get("minLeaseSeconds", limits.MIN_LEASE_S)
    longest = settings.limits.get("maxLeaseSeconds", limits.MAX_LEASE_S)
    if lease_seconds is not None and not shortest <= lease_seconds <= longest:
        raise ValueError(f"lease_seconds must be {shortest}-{longest}")
    name = f"{platform.node()[:80]}-{os.getpid()}-{uuid4().hex[:8]}" if worker_id is None else worker_id
    if not 0 < len(name) <= limits.MAX_WORKER_ID_CHARS:
        raise ValueError(f"worker_id must be 1-{limits.MAX_WORKER_ID_CHARS} characters")
    return WorkerOptions(
        name,
        concurrency,
        lease_seconds,
        bounds,
        _priorities(priorities),
        health_host,
        health_port,
        settings.limits.get("defaultLeaseSeconds", limits.DEFAULT_LEASE_S),
        settings.limits.get("maxPayloadBytes", limits.MAX_PAYLOAD_BYTES),
        _timing(settings),
    )


def _priorities(names: Sequence[Priority | str]) -> tuple[Priority, ...]:
    if isinstance(names, str) or not names:
        raise ValueError('priorities is a tuple of one or more of "high", "normal" and "low"')
    return tuple(Priority(name) for name in names)


def _timing(settings: Config) -> Timing:
    timing = Timing()
    if settings.aws_endpoint_url is None:
        return timing
    return replace(timing, receive_wait_s=timing.emulator_wait_s)
