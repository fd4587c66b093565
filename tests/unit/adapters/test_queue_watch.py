"""Looking at every queue of a stage, on scripted services."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.adapters.queue_watch import AwsQueueWatch
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.backlog import Backlog, QueueDepth, backlog_of, with_age
from tests.factories import settings
from tests.unit.adapters.fakes import client_error

OWN = ["foreman-test-work", "foreman-test-dead-letters"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Sqs:
    """Queues by name, with how many messages of each are visible; listed two at a time. "gone" has just been deleted."""

    def __init__(self, **visible: int) -> None:
        self.visible = {"foreman-test-work": 0, "foreman-test-dead-letters": 0, **visible}
        self.listed = [name for name in self.visible if name not in OWN]
        self.prefixes: set[str] = set()

    def list_queues(self, QueueNamePrefix: str, MaxResults: int, NextToken: str = "0") -> Any:  # noqa: N803 - boto3's
        self.prefixes.add(QueueNamePrefix)
        assert MaxResults == 1000
        start = int(NextToken)
        urls = [f"https://sqs/1/{name}" for name in self.listed[start : start + 2]]
        more = {"NextToken": str(start + 2)} if start + 2 < len(self.listed) else {}
        return {"QueueUrls": urls, **more} if urls else {}

    def get_queue_url(self, QueueName: str) -> Any:  # noqa: N803
        return {"QueueUrl": f"https://sqs/1/{QueueName}"}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803
        name = QueueUrl.rsplit("/", 1)[-1]
        if name == "gone":
            raise client_error("AWS.SimpleQueueService.NonExistentQueue")
        values = (self.visible[name], 2, 3)
        return {"Attributes": {key: str(value) for key, value in zip(AttributeNames, values, strict=True)}}


class CloudWatch:
    """Ages by queue: a value a minute, the newest last; two metrics a page."""

    def __init__(self, **ages: list[int]) -> None:
        self.ages = ages
        self.made = 0
        self.requests: list[int] = []

    def make(self) -> "CloudWatch":
        self.made += 1
        return self

    def get_metric_data(self, **request: Any) -> Any:
        assert request["EndTime"] - request["StartTime"] == timedelta(minutes=5)
        queries = request["MetricDataQueries"]
        if "NextToken" not in request:
            self.requests.append(len(queries))
        start = int(request.get("NextToken", 0))
        results = [self._result(query) for query in queries[start : start + 2]]
        more = {"NextToken": str(start + 2)} if start + 2 < len(queries) else {}
        return {"MetricDataResults": results, **more}

    def _result(self, query: Any) -> Any:
        metric = query["MetricStat"]["Metric"]
        assert (metric["Namespace"], metric["MetricName"]) == ("AWS/SQS", "ApproximateAgeOfOldestMessage")
        ages = self.ages.get(metric["Dimensions"][0]["Value"], [])
        instants = [NOW + timedelta(minutes=number) for number in range(len(ages))]
        return {"Id": query["Id"], "Timestamps": instants, "Values": [float(age) for age in ages]}


def watch(sqs: Any, cloudwatch: Any) -> AwsQueueWatch:
    return AwsQueueWatch(sqs, cloudwatch.make, settings(), ManualClock())


def test_every_queue_of_the_stage_is_seen_and_what_is_gone_is_left_out() -> None:
    sqs = Sqs(a=1, b=4, c=0, gone=0, d=0)
    depths = watch(sqs, CloudWatch()).depths()
    assert sqs.prefixes == {"foreman_test_"}
    assert {depth.name: depth.visible for depth in depths} == {
        "a": 1,
        "b": 4,
        "c": 0,
        "d": 0,
        **dict.fromkeys(OWN, 0),
    }
    assert [depth.name for depth in depths if depth.dead_letters] == ["foreman-test-dead-letters"]
    assert {(depth.in_flight, depth.delayed) for depth in depths} == {(2, 3)}


def test_the_age_is_the_newest_of_each_queue_and_the_largest_of_all() -> None:
    cloudwatch = CloudWatch(a=[900, 5], b=[10, 70], c=[])
    watching = watch(Sqs(), cloudwatch)
    assert watching.oldest_s(["a", "b", "c"]) == 70
    assert watching.oldest_s(["c"]) == 0
    assert cloudwatch.made == 1


def test_ages_are_asked_in_parts_that_cloudwatch_takes() -> None:
    cloudwatch = CloudWatch()
    watch(Sqs(), cloudwatch).oldest_s([f"q{number}" for number in range(1001)])
    assert cloudwatch.requests == [500, 500, 1]


def test_empty_queues_cost_no_question() -> None:
    cloudwatch = CloudWatch()
    watching = watch(Sqs(a=0), cloudwatch)
    depths = watching.depths()
    assert with_age(backlog_of(depths), watching, depths).oldest_s == 0
    assert cloudwatch.made == 0


def test_dead_letters_are_counted_apart() -> None:
    depths = [QueueDepth("a", 1, 2, 3), QueueDepth("b", 4), QueueDepth("dead", 5, 1, 0, dead_letters=True)]
    assert backlog_of(depths) == Backlog(visible=5, in_flight=2, delayed=3, dead_letters=6)
