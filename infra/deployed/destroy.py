"""`python -m infra destroy`: the end of a stage and of everything in it. Each part can be repeated after an interruption."""

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any

import click

from infra.deployed import chalice_runner
from infra.deployed.account import Account
from infra.deployed.console import Console
from infra.deployed.faults import explained
from infra.deployed.lock import deploying
from infra.deployed.remains import Remains, find_remains
from infra.deployed.state import delete_stack, state_stack
from infra.errors import OperatorError


def destroy(account: Account, name: str, console: Console, *, break_lock: bool) -> None:
    """Delete the stage once the operator has typed its name.

    Raises:
        OperatorError: a table is protected, somebody is deploying, or AWS refused; what is gone stays gone.
    """
    with explained("look at the stage"):
        remains = find_remains(account, name)
    if remains.is_nothing:
        console.write(f"There is nothing of stage {name} in {account.name}.")
        return
    _show(account, remains, console)
    _refuse_protected(remains)
    if (
        not console.yes
        and click.prompt(f"Type {name} to delete all of it, for good", default="", show_default=False) != name
    ):
        raise OperatorError("Nothing was deleted.")
    with explained("delete the stage"), _lock(account, remains, break_lock=break_lock):
        _delete_code(account, remains, console)
        _delete_state(account, remains, console)
    console.write(f"Stage {name} is gone. DynamoDB keeps a last backup of each table for 35 days.")


def _lock(account: Account, remains: Remains, *, break_lock: bool) -> Any:
    if remains.bucket is None:
        return nullcontext()
    return deploying(account.client("s3"), remains.bucket, break_lock=break_lock)


def _show(account: Account, remains: Remains, console: Console) -> None:
    console.write(f"Stage {remains.stage.name} in {account.name}; this is what goes:")
    for resource in remains.record.resources:
        console.part("code", f"{resource['resource_type']} {_id(resource)}")
    if remains.code_stack:
        console.part("code", f"stack {remains.stage.stack}")
    for group in remains.log_groups:
        console.part("logs", group)
    if remains.state_stack:
        console.part("state", f"stack {state_stack(remains.stage.name)}")
    for table in remains.tables:
        protected = ", protected" if table.protected else ""
        console.part("state", f"table {table.name}, about {table.items} items{protected}")
    for url in (*remains.queue_urls, *remains.organization_queue_urls):
        console.part("state", f"queue {url.rsplit('/', 1)[-1]}")
    if remains.bucket is not None:
        console.part("state", f"bucket {remains.bucket} and everything in it")


def _id(resource: Mapping[str, str]) -> str:
    keys = ("rest_api_id", "rule_name", "role_name", "queue", "lambda_arn")
    return next((resource[key] for key in keys if key in resource), resource["name"])


def _refuse_protected(remains: Remains) -> None:
    names = [table.name for table in remains.tables if table.protected]
    if not names:
        return
    off = f"python -m infra deploy --stage {remains.stage.name} --deletion-protection off"
    if not remains.state_stack:  # which alone could change them; a second one would stumble over their names
        off = "; ".join(
            f"aws dynamodb update-table --no-deletion-protection-enabled --table-name {name}"
            for name in names
        )
    raise OperatorError(f"Deletion protection is on for {', '.join(names)}. To turn it off: {off}")


def _delete_code(account: Account, remains: Remains, console: Console) -> None:
    console.part("code", "deleting")
    if remains.record.resources:
        with chalice_runner.project(remains.stage, account.environment) as made:
            chalice_runner.delete(made, remains.record, console.detail)
    if remains.code_stack:
        delete_stack(account.client("cloudformation"), remains.stage.stack)
    logs = account.client("logs")
    for group in remains.log_groups:
        with suppress(
            logs.exceptions.ResourceNotFoundException
        ):  # the stack may have had it, and taken it along
            logs.delete_log_group(logGroupName=group)


def _delete_state(account: Account, remains: Remains, console: Console) -> None:
    console.part("state", "deleting")
    delete_stack(account.client("cloudformation"), state_stack(remains.stage.name))
    sqs, dynamodb = account.client("sqs"), account.client("dynamodb")
    # The stack retains what holds data, so that nobody loses it by deleting a stack. The bucket is the last: the lock is in it.
    for url in (*remains.organization_queue_urls, *remains.queue_urls):
        with suppress(sqs.exceptions.QueueDoesNotExist):  # SQS lists a queue for a minute after its end
            sqs.delete_queue(QueueUrl=url)
    for table in remains.tables:
        dynamodb.delete_table(TableName=table.name)
    for table in remains.tables:
        dynamodb.get_waiter("table_not_exists").wait(TableName=table.name)
    if remains.bucket is not None:
        objects = _empty(account.client("s3"), remains.bucket)
        console.detail(f"{objects} objects and versions of the bucket deleted")
        account.client("s3").delete_bucket(Bucket=remains.bucket)


def _empty(s3: Any, bucket: str) -> int:
    """Delete every version of every object; how many there were."""
    deleted = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        there = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in there]
        if doomed:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
            for error in answer.get("Errors", []):
                raise OperatorError(
                    f"{error.get('Key')} in {bucket} could not be deleted: {error.get('Message')}"
                )
        deleted += len(doomed)
    return deleted
