"""The due-indexes: what the sweep looks at. One has the tasks with a wait that SQS cannot hold, one the schedules that may fire."""

from typing import TYPE_CHECKING

from chalicelib.adapters.dynamo import keys, schedule_keys
from chalicelib.adapters.dynamo.attributes import Item, text
from chalicelib.adapters.dynamo.reads import query
from chalicelib.adapters.dynamo.tables import Tables
from foreman_engine.domain.work import DueFire
from foreman_engine.service.ports import DueTask

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef


def due_tasks(tables: Tables, shard: int, until_ms: int, limit: int) -> list[DueTask]:
    """Up to `limit` tasks of one shard that are due by `until_ms`, earliest first; may lag behind writes."""
    items = _due(tables, tables.tasks, shard, until_ms, limit)
    return [DueTask(keys.task_org_id(item), keys.task_id(item), keys.due_at(item)) for item in items]


def due_fires(tables: Tables, shard: int, until_ms: int) -> list[DueFire]:
    """The next fires of one shard up to `until_ms`, earliest first; may lag behind writes."""
    items = _due(tables, tables.keys, shard, until_ms)
    return [
        DueFire(schedule_keys.org_id(item), schedule_keys.schedule_id(item), keys.due_at(item))
        for item in items
    ]


def _due(tables: Tables, table: str, shard: int, until_ms: int, limit: int | None = None) -> list[Item]:
    request: QueryInputTypeDef = {
        "TableName": table,
        "IndexName": keys.DUE_INDEX,
        "KeyConditionExpression": "dpk = :dpk AND dsk < :end",
        "ExpressionAttributeValues": {
            ":dpk": text(keys.due_shard(shard)),
            ":end": text(keys.due_position(until_ms + 1)),
        },
    }
    return query(tables.client, request, limit)
