"""Reading the log back."""

import io
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.telemetry.lines import SERVICE

UNITS = {"Count", "Milliseconds", "Seconds"}


@dataclass
class Log:
    """What was written, as text and line by line."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, message: str) -> list[dict[str, Any]]:
        """The lines with this message."""
        return [line for line in self.lines if line["message"] == message]

    def total(self, metric: str) -> float:
        """The sum of a metric over all lines; of one with many values, how many there are."""
        found = [line[metric] for line in self.lines if metric in line]
        return sum(len(each) if isinstance(each, list) else each for each in found)


@contextmanager
def logged(level: int = logging.INFO) -> Iterator[Log]:
    """What the server writes inside the block."""
    logger, log = logging.getLogger(SERVICE), Log()
    level_before, handlers = logger.level, logger.handlers
    handler = logging.StreamHandler(log.stream)
    handler.setFormatter(handlers[0].formatter)
    logger.handlers = [handler]
    logger.setLevel(level)
    try:
        yield log
    finally:
        logger.handlers = handlers
        logger.setLevel(level_before)


def check_emf(line: dict[str, Any]) -> None:
    """Hold a line to the rules of CloudWatch's specification of the embedded metric format."""
    directive = line["_aws"]
    assert isinstance(directive["Timestamp"], int)
    for part in directive["CloudWatchMetrics"]:
        assert 1 <= len(part["Namespace"]) <= 256
        for dimensions in part["Dimensions"]:
            assert len(dimensions) <= 30
            assert all(isinstance(line[name], str) and line[name] for name in dimensions)
        assert len(part["Metrics"]) <= 100
        for metric in part["Metrics"]:
            assert 1 <= len(metric["Name"]) <= 1024
            assert metric["Unit"] in UNITS
            _check_value(line[metric["Name"]])


def _check_value(value: object) -> None:
    values = value if isinstance(value, Sequence) else [value]
    assert 1 <= len(values) <= 100
    assert all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
