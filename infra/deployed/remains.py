"""What is there of a stage, whether its stacks tell it or not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.deployed.account import Account
from infra.deployed.configuration import Stage
from infra.deployed.faults import code_of
from infra.deployed.function_settings import find_log_groups, log_groups
from infra.deployed.names import QUEUES, TABLES, expected_outputs
from infra.deployed.place import refuse_elsewhere
from infra.deployed.record import Record, fetch_record
from infra.deployed.stack import outputs_of
from infra.deployed.state import find_stack, state_stack
from infra.deployed.survey import recalled


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `items` is DynamoDB's own count, up to six hours old."""

    name: str
    protected: bool
    items: int


@dataclass(frozen=True, slots=True)
class Remains:
    """Everything of a stage that is there; what is not is empty, False or None."""

    stage: Stage
    record: Record
    code_stack: bool
    state_stack: bool
    tables: Sequence[Table]
    queue_urls: Sequence[str]
    organization_queue_urls: Sequence[str]
    bucket: str | None
    log_groups: Sequence[str]

    @property
    def is_nothing(self) -> bool:
        """Whether the stage is not there at all."""
        there = (
            self.record.resources,
            self.tables,
            self.queue_urls,
            self.organization_queue_urls,
            self.log_groups,
        )
        return not (self.code_stack or self.state_stack or self.bucket or any(there))


def named_stage(account: Account, stage: str) -> Stage:
    """The stage as its state stack tells it; without the stack, as template.yaml would name it."""
    stack = find_stack(account.client("cloudformation"), state_stack(stage))
    outputs = {} if stack is None else outputs_of(stack)
    partition = account.caller.split(":")[1]
    return Stage(stage, {**expected_outputs(stage, account.account_id, account.region, partition), **outputs})


def find_remains(account: Account, name: str) -> Remains:
    """Look at all of it.

    Raises:
        OperatorError: the stage is in another region.
    """
    refuse_elsewhere(account, name)
    stage = named_stage(account, name)
    outputs, cloudformation = stage.outputs, account.client("cloudformation")
    stored = fetch_record(account.client("s3"), outputs["BucketName"], name)
    groups = find_log_groups(account.client("logs"), f"/aws/lambda/{stage.stack}")
    return Remains(
        stage,
        recalled(account, stage, stored),
        find_stack(cloudformation, stage.stack) is not None,
        find_stack(cloudformation, state_stack(name)) is not None,
        list(_tables(account.client("dynamodb"), [outputs[f"{table}TableName"] for table in TABLES])),
        list(_queues(account.client("sqs"), [outputs[f"{queue}QueueName"] for queue in QUEUES])),
        organization_queues(account.client("sqs"), name),
        outputs["BucketName"] if _exists(account.client("s3"), outputs["BucketName"]) else None,
        [each for each in log_groups(stage) if each in groups],
    )


def organization_queues(sqs: Any, stage: str) -> list[str]:
    """URLs of every organization's queues."""
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"foreman_{stage}_")
    return [url for page in pages for url in page.get("QueueUrls", [])]


def _tables(dynamodb: Any, names: Sequence[str]) -> Iterator[Table]:
    for name in names:
        try:
            found = dynamodb.describe_table(TableName=name)["Table"]
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
        else:
            if found["TableStatus"] != "DELETING":
                yield Table(
                    name, bool(found.get("DeletionProtectionEnabled")), int(found.get("ItemCount", 0))
                )


def _queues(sqs: Any, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        try:
            yield sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if "NonExistentQueue" not in code_of(error) and code_of(error) != "QueueDoesNotExist":
                raise


def _exists(s3: Any, bucket: str) -> bool:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if code_of(error) in ("404", "NoSuchBucket"):
            return False
        raise
    return True
