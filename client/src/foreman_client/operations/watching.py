"""Iterating over the result queue: what a caller may ask for."""

from dataclasses import dataclass
from math import isnan

from foreman_client._arguments import expect
from foreman_contract.messages import ResultMessage

MAX_VISIBILITY_S = 21_600
"""Half of the longest time that SQS hides a message: an event is hidden for twice `visibility_s`."""


class ResultEvent(ResultMessage):
    """A task or a run has ended: `event` says how (`"task.completed"`, `"run.failed"`, ...), `status` is its status.

    `task_id` and `type` are those of the task, None for a run. `at` is the end in epoch milliseconds.
    """


@dataclass(frozen=True, slots=True)
class Watch:
    """When an iteration ends, and how long the caller may take for one event; None: never, without end."""

    idle_s: float | None
    timeout_s: float | None
    max_events: int | None
    visibility_s: int


def results(
    *,
    idle_s: float | None = None,
    timeout_s: float | None = None,
    max_events: int | None = None,
    visibility_s: int = 60,
) -> Watch:
    """The ends of tasks and runs, as the config's result queue tells of them: iterate over it.

    An event is acknowledged (its message deleted) when the loop asks for the next one: the body has then done its work.
    When the body is left by an exception, `break` or `return`, its event and those fetched ahead are given back and come
    again at once, to this program or another. A `with` block around the loop sees to that also where the loop's
    iterator outlives the loop. Every event comes at least once: rarely one comes again, and a program that consumes a
    queue shares its events with every other that does.

    The iteration ends after `idle_s` seconds without an event, after `timeout_s` seconds in all, or after `max_events`
    events; without any of them it never does. The first two let one look at the queue pass. An event that the body takes
    longer for than `visibility_s` (1-21,600) may come a second time meanwhile.

    It raises nothing for what the queue or the network did: a queue that cannot be reached is logged, by the logger
    `foreman_client.results`, and asked again until the iteration ends; the service creates one again that was deleted.
    What is no event is logged and deleted. Needs AWS credentials that may receive from the result queue, delete from it
    and change visibility.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or out of range.
    """
    expect((int, float), idle_s=idle_s, timeout_s=timeout_s)
    expect(int, max_events=max_events, visibility_s=visibility_s)
    for name, seconds in (("idle_s", idle_s), ("timeout_s", timeout_s)):
        if seconds is not None and (isnan(seconds) or seconds < 0):
            raise ValueError(f"{name} must be at least 0")
    if max_events is not None and max_events < 1:
        raise ValueError("max_events must be at least 1")
    if visibility_s is None or not 1 <= visibility_s <= MAX_VISIBILITY_S:
        raise ValueError(f"visibility_s must be 1-{MAX_VISIBILITY_S}")
    return Watch(idle_s, timeout_s, max_events, visibility_s)
