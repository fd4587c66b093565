"""A month in which nobody asks anything of a stage: what its alarms, its sweep and its triggers cost all the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from foreman_engine.service.ports import DUE_SHARDS
from infra.cost import prices

MINUTES: Final = 730 * 60
"""Of an average month."""
POLLERS: Final = 5
"""Long polls that Lambda keeps open for each queue that triggers a function. Source: AWS Lambda, "Using Lambda with SQS"."""
POLL_S: Final = 20
QUEUES: Final = 2
"""With triggers: the work queue and the dead-letter queue."""
SWEEP_S: Final = 0.1
SWEEP_GB: Final = 0.5
SWEEP_READS: Final = 2 * DUE_SHARDS * 0.5
"""One eventually consistent query of each shard of the due-indexes, of tasks and of schedules; an empty answer is half a unit."""
SWEEP_LOOKS: Final = 1 + 2 + 4
"""Requests to SQS: the list of queues, the work queue and the dead-letter queue, and the four of one organization."""
SWEEP_METRICS: Final = 3
"""The ages of the oldest messages, and the read units; the others are told only when they are not zero."""
SWEEP_LOG_BYTES: Final = 400 + 750
"""Lambda's own three lines, and ours."""
_GB: Final = 1e9


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the bill: `count` of something at `price` dollars each."""

    what: str
    count: float
    price: float

    @property
    def dollars(self) -> float:
        """For the month."""
        return self.count * self.price


def idle_month(template: Mapping[str, Any], data_gb: float, *, own_key: bool) -> list[Item]:
    """The bill of an idle month with so many GB in the tables; alarms and dashboards are those of the template."""
    alarms = _of_type(template, "AWS::CloudWatch::Alarm")
    return [
        Item("alarms", len(alarms), prices.ALARM_MONTH),
        Item("metrics that every sweep tells", SWEEP_METRICS, prices.METRIC_MONTH),
        Item("dashboards", len(_of_type(template, "AWS::CloudWatch::Dashboard")), prices.DASHBOARD_MONTH),
        Item(
            "SQS requests of the triggers' long polls",
            QUEUES * POLLERS * MINUTES * 60 / POLL_S,
            prices.SQS_REQUEST,
        ),
        Item("sweeps: schedule", MINUTES, prices.EVENT),
        Item("sweeps: Lambda requests", MINUTES, prices.LAMBDA_REQUEST),
        Item("sweeps: Lambda GB-seconds", MINUTES * SWEEP_S * SWEEP_GB, prices.LAMBDA_GB_S),
        Item("sweeps: SQS requests, one organization", MINUTES * SWEEP_LOOKS, prices.SQS_REQUEST),
        Item("sweeps: DynamoDB read units", MINUTES * SWEEP_READS, prices.DYNAMODB_READ),
        Item("sweeps: GB of logs", MINUTES * SWEEP_LOG_BYTES / _GB, prices.LOGS_GB),
        Item("GB in tables", data_gb, prices.DYNAMODB_GB_MONTH),
        Item("GB under point-in-time recovery", data_gb, prices.PITR_GB_MONTH),
        Item("KMS keys of your own", int(own_key), prices.KMS_KEY_MONTH),
    ]


def table(items: list[Item]) -> list[str]:
    """The bill as the rows of a Markdown table; what does not occur is left out."""
    rows = [
        f"| {each.what} | {_count(each.count)} | {_dollars(each.dollars)} |" for each in items if each.count
    ]
    total = sum(each.dollars for each in items)
    return [
        "| what | how much | a month |",
        "| --- | ---: | ---: |",
        *rows,
        f"| together | | {_dollars(total)} |",
    ]


def _of_type(template: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def _count(count: float) -> str:
    return f"{count:,.0f}" if count >= 1 else f"{count:.3f}"


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 0.005 else "under a cent"
