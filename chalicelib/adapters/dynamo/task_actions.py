"""The actions of the transactions that write tasks."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamo import keys, run_codec
from chalicelib.adapters.dynamo.attributes import Item, Value, flag, number, text
from chalicelib.adapters.dynamo.codec import uuid_value
from chalicelib.adapters.dynamo.difference import REV, Difference, revised
from chalicelib.adapters.dynamo.index_keys import STATUS
from chalicelib.adapters.dynamo.task_codec import HAS_DEPENDANTS
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, Counts, TaskState
from foreman_engine.domain.transitions import ENDED_TASK
from foreman_engine.service.ports import RunGuard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


@dataclass(frozen=True, slots=True)
class _Condition:
    """What is asserted of an item."""

    expression: str
    names: dict[str, str]
    values: Item


def put_run(table: str, item: Item) -> "TransactWriteItemTypeDef":
    """A new run, on condition that its address is free."""
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def put_task(table: str, item: Item) -> "TransactWriteItemTypeDef":
    """A new task, on condition that its id is free."""
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def update_task(table: str, change: Change, step: Difference, mark: Value) -> "TransactWriteItemTypeDef":
    """One change, on condition that the task is still at the revision read."""
    update = revised(step, change.before.rev, mark)
    return {
        "Update": {
            "TableName": table,
            "Key": keys.task(change.before.org_id, change.before.id),
            "UpdateExpression": update.update,
            "ConditionExpression": "#v = :was",
            "ExpressionAttributeNames": update.names,
            "ExpressionAttributeValues": {**update.values, ":was": number(change.before.rev)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def tell_dependency(table: str, dependency: TaskState) -> "TransactWriteItemTypeDef":
    """Assert that a task has not ended or, if it had when it was read, that it is as it was; tell it that it has dependants.

    Telling raises its revision: whoever is ending it on what was read before loses, reads again, and looks for dependants.
    """
    if dependency.ended and dependency.has_dependants:
        return check_unchanged(table, dependency)
    key = keys.task(dependency.org_id, dependency.id)
    condition = _as_read(dependency)
    if dependency.has_dependants:
        return {
            "ConditionCheck": {
                "TableName": table,
                "Key": key,
                "ConditionExpression": condition.expression,
                "ExpressionAttributeNames": condition.names,
                "ExpressionAttributeValues": condition.values,
            }
        }
    return {
        "Update": {
            "TableName": table,
            "Key": key,
            "UpdateExpression": "SET #hd = :yes ADD #v :one",
            "ConditionExpression": condition.expression,
            "ExpressionAttributeNames": {**condition.names, "#hd": HAS_DEPENDANTS, "#v": REV},
            "ExpressionAttributeValues": {**condition.values, ":yes": flag(True), ":one": number(1)},
        }
    }


def _as_read(dependency: TaskState) -> _Condition:
    if dependency.ended:
        return _Condition("#v = :was", {"#v": REV}, {":was": number(dependency.rev)})
    values: Item = {f":{status}": text(status) for status in TaskStatus if status not in ENDED_TASK}
    return _Condition(f"#st IN ({', '.join(values)})", {"#st": STATUS}, values)


def check_unchanged(table: str, task: TaskState) -> "TransactWriteItemTypeDef":
    """Assert that a task is still at the revision read."""
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": keys.task(task.org_id, task.id),
            "ConditionExpression": "#v = :was",
            "ExpressionAttributeNames": {"#v": REV},
            "ExpressionAttributeValues": {":was": number(task.rev)},
        }
    }


def raise_total(table: str, run: RunState, count: int) -> "TransactWriteItemTypeDef":
    """Count new tasks on their run, on condition that it has not ended and is at the epoch read."""
    epoch = _epoch(run)
    return {
        "Update": {
            "TableName": table,
            "Key": keys.run(run.org_id, run.id),
            "UpdateExpression": "ADD #total :count",
            "ConditionExpression": f"#self = :self AND #st IN (:pending, :running) AND {epoch}",
            "ExpressionAttributeNames": {
                "#total": run_codec.TOTAL,
                "#self": run_codec.ID,
                "#st": STATUS,
                "#ep": run_codec.EPOCH,
            },
            "ExpressionAttributeValues": {
                ":count": number(count),
                ":self": uuid_value(run.id),
                ":pending": text(RunStatus.PENDING),
                ":running": text(RunStatus.RUNNING),
                ":ep": number(run.epoch),
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def _epoch(run: RunState) -> str:
    """That the run is at the epoch read; the codec leaves an epoch of zero out."""
    return "(#ep = :ep OR attribute_not_exists(#ep))" if run.epoch == 0 else "#ep = :ep"


def add_ends(table: str, org_id: str, run_id: str, ends: Counts) -> "TransactWriteItemTypeDef":
    """Add ends to a counter drawn at random, so that writers of one run seldom meet, and a next try meets others."""
    added = {attr: getattr(ends, name) for name, attr in run_codec.COUNTERS.items() if getattr(ends, name)}
    return {
        "Update": {
            "TableName": table,
            "Key": keys.counter(org_id, run_id, secrets.randbelow(keys.COUNTERS)),
            "UpdateExpression": "ADD " + ", ".join(f"#{attr} :{attr}" for attr in added),
            "ExpressionAttributeNames": {f"#{attr}": attr for attr in added},
            "ExpressionAttributeValues": {f":{attr}": number(value) for attr, value in added.items()},
        }
    }


def _condition(run: RunState) -> _Condition:
    return _Condition(
        f"#self = :self AND #st = :st AND {_epoch(run)}",
        {"#self": run_codec.ID, "#st": STATUS, "#ep": run_codec.EPOCH},
        {":self": uuid_value(run.id), ":st": text(run.status), ":ep": number(run.epoch)},
    )


def check_run(table: str, guard: RunGuard) -> "TransactWriteItemTypeDef":
    """Assert what a guard says of its run; a touch raises the run's revision as well."""
    run, condition = guard.run, _condition(guard.run)
    if not guard.touch:
        return {
            "ConditionCheck": {
                "TableName": table,
                "Key": keys.run(run.org_id, run.id),
                "ConditionExpression": condition.expression,
                "ExpressionAttributeNames": condition.names,
                "ExpressionAttributeValues": condition.values,
            }
        }
    return {
        "Update": {
            "TableName": table,
            "Key": keys.run(run.org_id, run.id),
            "UpdateExpression": "ADD #v :one",
            "ConditionExpression": f"{condition.expression} AND #v = :was",
            "ExpressionAttributeNames": {**condition.names, "#v": REV},
            "ExpressionAttributeValues": {**condition.values, ":was": number(run.rev), ":one": number(1)},
        }
    }
