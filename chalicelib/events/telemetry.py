"""The one line that every event leaves, with its metrics."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters.system import SystemClock
from chalicelib.bootstrap import is_cold, stage
from chalicelib.telemetry import emf, metrics
from chalicelib.telemetry.invocation import EVENT_BUDGET_S, Invocation, invoked
from chalicelib.telemetry.lines import tell, tell_bug
from foreman_engine.domain.errors import EngineError


@dataclass(slots=True)
class Tale:
    """What a handler adds to its line."""

    fields: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, emf.Metric] = field(default_factory=dict)


@contextmanager
def telling(name: str, context: Any) -> Iterator[Tale]:
    """Write the line of an event when the block ends, whichever way; `context` is what Lambda handed over, if it did."""
    tale, cold = Tale({"request_id": getattr(context, "aws_request_id", None)}), is_cold()
    level = logging.INFO
    with invoked(EVENT_BUDGET_S) as invocation:
        try:
            yield tale
        except EngineError as error:
            tale.fields["cause"], level = str(error), logging.WARNING
            raise
        except Exception as error:
            tale.fields["cause"], level = type(error).__name__, logging.ERROR
            tell_bug(error, request_id=str(tale.fields["request_id"]))
            raise
        finally:
            tell(
                name,
                {**tale.fields, **_used(invocation), "cold_start": cold, **_members(tale, invocation)},
                level,
            )


def _used(invocation: Invocation) -> dict[str, Any]:
    return {
        "duration_ms": round(invocation.elapsed_s * 1000, 1),
        "read_units": invocation.read_units,
        "write_units": invocation.write_units,
    }


def _members(tale: Tale, invocation: Invocation) -> dict[str, Any]:
    told = {**metrics.of_invocation(invocation), **tale.metrics}
    return emf.members(stage(), told, SystemClock().now_ms())
