"""What clients tell of their calls to the invocation that makes them, and what it tells them: to stop when its time is up."""

from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamo import capacity
from chalicelib.telemetry.invocation import current

if TYPE_CHECKING:
    from botocore.client import BaseClient

THROTTLES: Final = frozenset(
    {
        "LimitExceededException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""AWS's words for "too fast"."""


def watch(client: "BaseClient") -> None:
    """Watch every call that the client makes from here on. Calls outside of an invocation are left alone."""
    events = client.meta.events
    events.register("request-created", _require_time)
    events.register("needs-retry", _note_throttle)
    if client.meta.service_model.service_name == "dynamodb":
        events.register("provide-client-params.dynamodb", _ask)
        events.register("after-call.dynamodb", _note_units)


def _require_time(**_: Any) -> None:
    """Comes before every attempt, also of a call that botocore repeats."""
    invocation = current()
    if invocation is not None:
        invocation.require_time()


def _note_throttle(response: Any = None, **_: Any) -> None:
    """Comes after every attempt; `response` is None when there was no answer."""
    invocation = current()
    if invocation is None or response is None:
        return
    _, parsed = response
    if parsed.get("Error", {}).get("Code") in THROTTLES:
        invocation.throttled()


def _ask(params: dict[str, Any], model: Any, **_: Any) -> None:
    if model.name in capacity.READS | capacity.WRITES and current() is not None:
        capacity.ask(params)


def _note_units(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    invocation = current()
    if invocation is None:
        return
    units = capacity.units_of(parsed)
    if model.name in capacity.WRITES:
        invocation.consumed(0, units)
    else:
        invocation.consumed(units, 0)
