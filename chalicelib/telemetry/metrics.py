"""The names of the metrics, and which of them an invocation tells. docs/operations.md explains each; a test compares."""

from typing import Final

from chalicelib.telemetry.emf import Metric, Unit
from chalicelib.telemetry.invocation import Invocation
from foreman_engine.domain.measures import Measures
from foreman_engine.service.backlog import Backlog

_COUNTS: Final = {
    "TasksCreated": "tasks_created",
    "TasksClaimed": "tasks_claimed",
    "TasksCompleted": "tasks_completed",
    "TasksFailed": "tasks_failed",
    "TasksCancelled": "tasks_cancelled",
    "TasksRetried": "tasks_retried",
    "TasksLost": "tasks_lost",
    "DeadLettersRevived": "dead_letters_revived",
    "DueSent": "due_sent",
}
"""Counts by metric, and the field of `Measures` that holds each."""


def of_request(invocation: Invocation, status: int, duration_ms: float) -> dict[str, Metric]:
    """What a request tells. The first four are there every time, so that their averages are rates."""
    return {
        "Requests": Metric(1),
        "ClientErrors": Metric(int(400 <= status < 500)),
        "ServerErrors": Metric(int(status >= 500)),
        "Throttles": Metric(int(status == 429)),
        "Latency": Metric(duration_ms, Unit.MILLISECONDS),
        **of_invocation(invocation),
    }


def of_invocation(invocation: Invocation) -> dict[str, Metric]:
    """What everything tells: the units consumed, and of the counts those that are not zero."""
    units = {"ReadUnits": Metric(invocation.read_units), "WriteUnits": Metric(invocation.write_units)}
    throttles = {"AwsThrottles": Metric(invocation.throttles)} if invocation.throttles else {}
    return {**units, **throttles, **_of_tasks(invocation.measures)}


def _of_tasks(measures: Measures) -> dict[str, Metric]:
    counts = {name: getattr(measures, field) for name, field in _COUNTS.items()}
    told = {name: Metric(count) for name, count in counts.items() if count}
    waits = measures.queue_to_start_ms
    return {**told, "QueueToStart": Metric(waits, Unit.MILLISECONDS)} if waits else told


def of_backlog(backlog: Backlog) -> dict[str, Metric]:
    """What the sweep tells of the queues; without the age when CloudWatch did not tell it."""
    told = {
        "QueueVisible": Metric(backlog.visible),
        "QueueInFlight": Metric(backlog.in_flight),
        "QueueDelayed": Metric(backlog.delayed),
        "DeadLetterDepth": Metric(backlog.dead_letters),
    }
    if backlog.oldest_s is None:
        return told
    return {**told, "OldestMessageAge": Metric(backlog.oldest_s, Unit.SECONDS)}
