"""Every queue of the deployment: how full SQS says it is, and how old CloudWatch says its oldest message is.

SQS tells a queue's depth and not its age; CloudWatch knows the age, and a question to it costs 25 times as much. So the depths
are asked every minute, and the ages of those queues alone on which something waits.
"""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import translated
from chalicelib.adapters.sqs_queues import SqsQueues, is_missing
from chalicelib.adapters.together import map_together
from chalicelib.config import Settings
from foreman_engine.domain.queues import prefix_of
from foreman_engine.service.backlog import QueueDepth
from foreman_engine.service.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ListQueuesRequestTypeDef

_PAGE: Final = 1000
"""Queues of one page. Source: SQS ListQueues."""
_AT_ONCE: Final = 8
_QUERIES: Final = 500
"""Metrics of one request. Source: CloudWatch GetMetricData."""
_LOOK_BACK: Final = timedelta(minutes=5)
_PERIOD_S: Final = 60
"""SQS tells CloudWatch every minute. Source: "Available CloudWatch metrics for Amazon SQS"."""


class MetricData(Protocol):
    """CloudWatch's client, as far as it is used."""

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        """Values of metrics over time."""


class AwsQueueWatch:
    """QueueWatch. CloudWatch's client is made when an age is first asked for."""

    def __init__(
        self, sqs: "SQSClient", cloudwatch: Callable[[], MetricData], settings: Settings, clock: Clock
    ) -> None:
        self._sqs = sqs
        self._queues = SqsQueues(sqs, settings.dead_letter_queue)
        self._make_cloudwatch = cloudwatch
        self._cloudwatch: MetricData | None = None
        self._settings = settings
        self._clock = clock

    @translated("SQS")
    def depths(self) -> Sequence[QueueDepth]:
        """Every queue of the stage; one that was deleted meanwhile is left out."""
        own = (self._settings.work_queue, self._settings.dead_letter_queue)
        urls = [*self._organizations(), *map(self._queues.existing, own)]
        return [depth for depth in map_together(self._depth, urls, _AT_ONCE) if depth is not None]

    def _organizations(self) -> list[str]:
        request: ListQueuesRequestTypeDef = {
            "QueueNamePrefix": prefix_of(self._settings.stage),
            "MaxResults": _PAGE,
        }
        urls: list[str] = []
        while True:
            page = self._sqs.list_queues(**request)
            urls += page.get("QueueUrls", [])
            if "NextToken" not in page:
                return urls
            request["NextToken"] = page["NextToken"]

    def _depth(self, url: str) -> QueueDepth | None:
        try:
            answer = self._sqs.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        except ClientError as error:
            if not is_missing(error):
                raise
            return None
        told, name = answer["Attributes"], url.rsplit("/", 1)[-1]
        return QueueDepth(
            name,
            visible=int(told["ApproximateNumberOfMessages"]),
            in_flight=int(told["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(told["ApproximateNumberOfMessagesDelayed"]),
            dead_letters=name == self._settings.dead_letter_queue,
        )

    @translated("CloudWatch")
    def oldest_s(self, names: Sequence[str]) -> int:
        """The age of the oldest message on any of these queues, as CloudWatch last heard of each."""
        if self._cloudwatch is None:
            self._cloudwatch = self._make_cloudwatch()
        ages = [
            self._oldest_of(self._cloudwatch, names[start : start + _QUERIES])
            for start in range(0, len(names), _QUERIES)
        ]
        return max(ages, default=0)

    def _oldest_of(self, cloudwatch: MetricData, names: Sequence[str]) -> int:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        request: dict[str, Any] = {
            "MetricDataQueries": [_query(number, name) for number, name in enumerate(names)],
            "StartTime": now - _LOOK_BACK,
            "EndTime": now,
        }
        newest: dict[str, tuple[datetime, float]] = {}
        while True:
            page = cloudwatch.get_metric_data(**request)
            for found in page["MetricDataResults"]:
                told = zip(found["Timestamps"], found["Values"], strict=True)
                known = newest.get(found["Id"])
                latest = max(itertools.chain(told, () if known is None else (known,)), default=None)
                if latest is not None:
                    newest[found["Id"]] = latest
            if not page.get("NextToken"):
                return int(max((age for _, age in newest.values()), default=0))
            request["NextToken"] = page["NextToken"]


def _query(number: int, name: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": name}],
    }
    stat = {"Metric": metric, "Period": _PERIOD_S, "Stat": "Maximum"}
    return {"Id": f"q{number}", "MetricStat": stat}
