"""The due-index: what the sweep looks at. Only tasks with a wait that SQS cannot hold have an entry in it."""

from typing import TYPE_CHECKING

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import text
from chalicelib.adapters.dynamo.reads import query
from chalicelib.adapters.dynamo.tables import Tables
from foreman_engine.service.ports import DueTask

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef


def due_tasks(tables: Tables, shard: int, until_ms: int, limit: int) -> list[DueTask]:
    """Up to `limit` tasks of one shard that are due by `until_ms`, earliest first; may lag behind writes."""
    request: QueryInputTypeDef = {
        "TableName": tables.tasks,
        "IndexName": keys.DUE_INDEX,
        "KeyConditionExpression": "dpk = :dpk AND dsk < :end",
        "ExpressionAttributeValues": {
            ":dpk": text(keys.due_shard(shard)),
            ":end": text(keys.due_position(until_ms + 1)),
        },
    }
    items = query(tables.client, request, limit)
    return [DueTask(keys.task_org_id(item), keys.task_id(item), keys.due_at(item)) for item in items]
