"""`python -m infra status`: how a stage is, read and never changed."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from foreman_engine.domain.queues import organization_of
from infra.clock import local_time, now_ms
from infra.deployed.account import Account
from infra.deployed.configuration import Stage
from infra.deployed.console import Console
from infra.deployed.faults import explained
from infra.deployed.health import Health, ask
from infra.deployed.names import QUEUES
from infra.deployed.place import refuse_elsewhere
from infra.deployed.project import ROOT
from infra.deployed.record import Code, fetch_record
from infra.deployed.remains import named_stage, organization_queues
from infra.deployed.state import find_stack, state_stack
from infra.deployed.survey import recalled
from infra.errors import OperatorError

_BACK: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Depth:
    """How much lies in a queue. `organization` None: Foreman's own."""

    name: str
    organization: str | None
    waiting: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm and its state: OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `status` tells. `last_sweep_at` is epoch milliseconds; None: none within the last hour."""

    stage: str
    state_status: str
    template: str
    template_is_current: bool
    code: Code | None
    endpoint: str | None
    health: Health | None
    queues: Sequence[Depth]
    alarms: Sequence[Alarm]
    last_sweep_at: int | None


def find_status(account: Account, name: str) -> Status:
    """Look.

    Raises:
        OperatorError: there is no such stage, or AWS refused.
    """
    with explained("look at the stage"):
        refuse_elsewhere(account, name)
        client = account.client("cloudformation")
        stack = find_stack(client, state_stack(name))
        if stack is None:
            raise OperatorError(
                f"There is no stage {name} in {account.name}; python -m infra deploy --stage {name} makes it."
            )
        stage = named_stage(account, name)
        stored = fetch_record(account.client("s3"), stage.outputs["BucketName"], name)
        record = recalled(account, stage, stored)
        endpoint = (record.value("rest_api", "rest_api_url") or "").rstrip("/") or None
        there = str(client.get_template(StackName=state_stack(name))["TemplateBody"])
        return Status(
            name,
            stack["StackStatus"],
            _hash(there),
            _hash(there) == _hash((ROOT / "template.yaml").read_text()),
            record.code,
            endpoint,
            ask(account, stage, endpoint) if endpoint else None,
            list(_depths(account.client("sqs"), stage)),
            _alarms(account.client("cloudwatch"), stage),
            _last_sweep(account, stage),
        )


def print_status(status: Status, console: Console) -> None:
    """For people."""
    current = "as here" if status.template_is_current else "another than here"
    console.part(
        "state", f"{state_stack(status.stage)} {status.state_status}, template {status.template} ({current})"
    )
    console.part("code", _code_line(status.code))
    console.part("endpoint", status.endpoint or "none")
    console.part("health", str(status.health) if status.health else "none")
    console.part(
        "sweep",
        f"last at {local_time(status.last_sweep_at)}" if status.last_sweep_at else "none in the last hour",
    )
    for queue in status.queues:
        console.part(
            "queue",
            f"{queue.name}: {queue.waiting} waiting, {queue.in_flight} in flight, {queue.delayed} delayed",
        )
    for alarm in status.alarms:
        console.part("alarm", f"{alarm.state:<17} {alarm.name}")
    if not status.alarms:
        console.part("alarm", "there are none")


def status_json(status: Status) -> str:
    """For programs, in the field names of the API."""
    return json.dumps(_wire(asdict(status)))


def _code_line(code: Code | None) -> str:
    if code is None:
        return "not deployed by this command, or a deployment is unfinished"
    return (
        f"{code.version} ({code.fingerprint}) on {code.runtime}, deployed {local_time(code.at)} by {code.by}"
    )


def _wire(value: Any) -> Any:
    match value:
        case dict():
            return {_camel(name): _wire(each) for name, each in value.items()}
        case list():
            return [_wire(each) for each in value]
        case _:
            return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


def _hash(template: str) -> str:
    return hashlib.sha256(template.encode()).hexdigest()[:12]


def _depths(sqs: Any, stage: Stage) -> Iterator[Depth]:
    own = [stage.outputs[f"{queue}QueueUrl"] for queue in QUEUES]
    for url in (*own, *organization_queues(sqs, stage.name)):
        with suppress(sqs.exceptions.QueueDoesNotExist):  # SQS lists a queue for a minute after its end
            yield _depth(sqs, stage, url)


def _depth(sqs: Any, stage: Stage, url: str) -> Depth:
    name = url.rsplit("/", 1)[-1]
    kinds = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(kinds))["Attributes"]
    waiting, in_flight, delayed = (int(found.get(kind, 0)) for kind in kinds)
    return Depth(name, organization_of(stage.name, name), waiting, in_flight, delayed)


def _alarms(cloudwatch: Any, stage: Stage) -> list[Alarm]:
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stage.stack}-")
    found = [
        Alarm(each["AlarmName"], each["StateValue"])
        for page in pages
        for each in page.get("MetricAlarms", [])
    ]
    return sorted(found, key=lambda alarm: (alarm.state != "ALARM", alarm.name))


def _last_sweep(account: Account, stage: Stage) -> int | None:
    """By the metric of its invocations; an emulator has none, but logs."""
    function = stage.function("sweep")
    now = datetime.fromtimestamp(now_ms() / 1000, UTC)
    points = account.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - _BACK,
        EndTime=now,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    if points:
        return int(max(point["Timestamp"] for point in points).timestamp() * 1000)
    if not account.emulator:
        return None
    logs = account.client("logs")
    try:
        streams = logs.describe_log_streams(logGroupName=f"/aws/lambda/{function}")["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return None
    return max((int(each.get("lastEventTimestamp", 0)) for each in streams), default=0) or None
