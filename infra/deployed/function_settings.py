"""What Chalice cannot set on AWS: how long logs are kept, and that a batch may fail in part."""

from collections.abc import Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.deployed.configuration import FUNCTIONS, LOG_DAYS, Stage
from infra.deployed.faults import code_of
from infra.deployed.record import Record

_PARTLY: Final = ["ReportBatchItemFailures"]


def log_groups(stage: Stage) -> list[str]:
    """The log groups of the stage's functions."""
    return [f"/aws/lambda/{stage.function(name)}" for name in FUNCTIONS]


def find_log_groups(logs: Any, prefix: str) -> dict[str, Any]:
    """The log groups whose names begin so, by name."""
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return {each["logGroupName"]: each for page in pages for each in page["logGroups"]}


def ensure_log_groups(logs: Any, names: Sequence[str]) -> list[str]:
    """Make the groups that are missing and set how long they keep what they hold; those that changed.

    A retention that somebody has set is left alone.
    """
    return [name for name in names if _ensure_log_group(logs, name)]


def _ensure_log_group(logs: Any, name: str) -> bool:
    found = find_log_groups(logs, name).get(name)
    if found is None:
        try:
            logs.create_log_group(logGroupName=name)
        except ClientError as error:
            if code_of(error) != "ResourceAlreadyExistsException":  # the function was faster
                raise
    elif found.get("retentionInDays"):
        return False
    logs.put_retention_policy(logGroupName=name, retentionInDays=LOG_DAYS)
    return True


def ensure_partial_batches(functions: Any, record: Record) -> int:
    """Let every queue's trigger take an answer that names the messages that failed; how many did not yet.

    New triggers are made so; this is for those that a plain `chalice deploy` has made.
    """
    changed = 0
    for trigger in record.resources:
        if trigger["resource_type"] == "sqs_event":
            there = functions.get_event_source_mapping(UUID=trigger["event_uuid"])
            if there.get("FunctionResponseTypes") != _PARTLY:
                functions.update_event_source_mapping(
                    UUID=trigger["event_uuid"], FunctionResponseTypes=_PARTLY
                )
                changed += 1
    return changed
