"""Metrics as a part of a log line: CloudWatch takes them out of it, so they cost no call and no second line.

Source: "Embedded metric format specification", Amazon CloudWatch User Guide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

NAMESPACE: Final = "Foreman"
MAX_VALUES: Final = 100
"""Values of one metric in one line. Source: the specification, target members."""


class Unit(StrEnum):
    """CloudWatch's words for units."""

    COUNT = "Count"
    MILLISECONDS = "Milliseconds"
    SECONDS = "Seconds"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric's value, or its values, in one line."""

    value: float | Sequence[float]
    unit: Unit = Unit.COUNT


def members(stage: str, metrics: Mapping[str, Metric], now_ms: int) -> dict[str, Any]:
    """The members to put at the root of a line: the directive, the dimension, and the value of each metric.

    Of more than MAX_VALUES values the first are told.
    """
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["stage"]],
        "Metrics": [{"Name": name, "Unit": metric.unit.value} for name, metric in metrics.items()],
    }
    values = {name: _value(metric) for name, metric in metrics.items()}
    return {"_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [directive]}, "stage": stage, **values}


def _value(metric: Metric) -> float | list[float]:
    if isinstance(metric.value, int | float):
        return metric.value
    return list(metric.value[:MAX_VALUES])
