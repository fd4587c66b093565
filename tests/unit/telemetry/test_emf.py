"""Metrics inside a line, as CloudWatch reads them."""

import json

from chalicelib.telemetry.emf import MAX_VALUES, Metric, Unit, members
from tests.lines import check_emf


def test_the_members_are_what_the_specification_asks_for() -> None:
    made = members(
        "prod", {"Requests": Metric(1), "Wait": Metric((5, 7), Unit.MILLISECONDS)}, 1_700_000_000_000
    )
    assert made == {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Foreman",
                    "Dimensions": [["stage"]],
                    "Metrics": [
                        {"Name": "Requests", "Unit": "Count"},
                        {"Name": "Wait", "Unit": "Milliseconds"},
                    ],
                }
            ],
        },
        "stage": "prod",
        "Requests": 1,
        "Wait": [5, 7],
    }
    check_emf(json.loads(json.dumps(made)))


def test_a_metric_has_at_most_100_values_in_a_line() -> None:
    made = members("dev", {"Wait": Metric(range(500))}, 1)
    assert made["Wait"] == list(range(MAX_VALUES))
    check_emf(made)
