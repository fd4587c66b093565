"""Faults on purpose: which calls fail next, and how."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from foreman_engine.api.answers import Answer, error_answer, internal_answer
from foreman_engine.api.table import RESOURCES
from foreman_engine.domain import errors

Failing: TypeAlias = Literal[400, 401, 404, 409, 413, 429, 500, 503, "connection", "timeout"]
"""How a call fails: with this status, or without an answer because of the network."""
EVERY: Final = "*"

_TEXT: Final = "This call fails because the test says so."
_ERRORS: Final[Mapping[int, Callable[[], errors.EngineError]]] = {
    400: lambda: errors.InvalidError(_TEXT),
    401: lambda: errors.UnauthorizedError(_TEXT),
    404: lambda: errors.NotFoundError(_TEXT),
    409: lambda: errors.ConflictError(_TEXT),
    413: lambda: errors.TooLargeError(_TEXT),
    429: lambda: errors.RateLimitedError(_TEXT, left_ms=1000),
    503: lambda: errors.UnavailableError(_TEXT),
}
_NETWORK: Final = ("connection", "timeout")
_OTHER_NAMES: Final = {
    "enqueue_task": "create_task",
    "enqueue_tasks": "create_tasks",
    "create_run_data": "create_entry",
    "query_run_data": "query_entries",
    "search_run_data": "search_entries",
    "update_run_data_tags": "change_tags",
    "delete_run_data": "delete_entries",
    "get_config": "config",
    "get_queue_config": "queues",
}
"""What the SDK calls differently than the API: two names of one route fail together."""


@dataclass(slots=True, eq=False)
class Plan:
    """So many calls of a view fail; None: all. `acted`: the service does what it was asked, and the answer is lost."""

    view: str
    failure: Failing
    times: int | None
    acted: bool


class Faults:
    """What is planned, in the order of planning."""

    def __init__(self) -> None:
        self._plans: list[Plan] = []
        self._lock = threading.Lock()

    def plan(self, operation: str, failure: Failing, times: int | None, *, acted: bool) -> Plan:
        """Have calls of an operation fail.

        Raises:
            ValueError: there is no such operation or failure.
        """
        views = {
            route.view.__name__: route.view.__name__ for routes in RESOURCES.values() for route in routes
        }
        known = {EVERY: EVERY, **views, **_OTHER_NAMES}
        if operation not in known:
            raise ValueError(f"there is no operation {operation!r}; there are {', '.join(sorted(known))}")
        if failure not in (*_ERRORS, 500, *_NETWORK):
            raise ValueError(
                f"a call fails with {', '.join(map(str, (*_ERRORS, 500, *_NETWORK)))}, not {failure!r}"
            )
        if times is not None and times < 1:
            raise ValueError("times must be at least 1, or None for all")
        if acted and failure not in _NETWORK:
            raise ValueError('acted=True needs a lost answer: "connection" or "timeout"')
        planned = Plan(known[operation], failure, times, acted)
        with self._lock:
            self._plans.append(planned)
        return planned

    def drop(self, plan: Plan) -> None:
        """Let the plan go; one that is used up is gone already."""
        with self._lock:
            self._plans = [each for each in self._plans if each is not plan]

    def take(self, view: str) -> Plan | None:
        """The plan for a call that comes now, which uses it once."""
        with self._lock:
            for plan in self._plans:
                if plan.view in (EVERY, view):
                    if plan.times is not None:
                        plan.times -= 1
                        if not plan.times:
                            self._plans.remove(plan)
                    return plan
        return None


def refusal(failure: int, request_id: str) -> Answer:
    """The answer to a call that fails with a status."""
    made = _ERRORS.get(failure)
    return internal_answer(request_id) if made is None else error_answer(made(), request_id)
