"""Reads, strongly consistent unless they say otherwise, that go on until they have what was asked for."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.backoff import pauses
from chalicelib.adapters.dynamo.attributes import Item, text
from chalicelib.adapters.dynamo.keys import Range
from chalicelib.adapters.errors import translated
from foreman_engine.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, QueryOutputTypeDef

_BATCH: Final = 100
"""Keys of one BatchGetItem. Source: DynamoDB quotas."""


@translated("DynamoDB")
def get(client: "DynamoDBClient", table: str, key: Item) -> Item | None:
    """The item, if it exists."""
    return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def batch_get(client: "DynamoDBClient", table: str, keys: Iterable[Item]) -> list[Item]:
    """The items that exist, in no order; a key asked twice is read once.

    Raises:
        UnavailableError: the table went on answering only a part.
    """
    distinct = list({(key["pk"]["S"], key["sk"]["S"]): key for key in keys}.values())
    found: list[Item] = []
    for start in range(0, len(distinct), _BATCH):
        found += _batch(client, table, distinct[start : start + _BATCH])
    return found


@translated("DynamoDB")
def _batch(client: "DynamoDBClient", table: str, keys: Sequence[Item]) -> list[Item]:
    found: list[Item] = []
    for pause in pauses():
        answer = client.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
        found += answer["Responses"].get(table, [])
        left = answer["UnprocessedKeys"].get(table)
        if not left:
            return found
        keys = [{"pk": key["pk"], "sk": key["sk"]} for key in left["Keys"]]
        # An answer cut at 16 MB leaves keys over too; only one without any progress asks for patience.
        if not answer["Responses"].get(table):
            time.sleep(pause)
    raise UnavailableError("DynamoDB is throttled.")


def in_range(
    table: str, keys: Range, *, ascending: bool = True, after: Item | None = None
) -> "QueryInputTypeDef":
    """A query of a range of keys, starting behind the key `after`, which need not exist any more."""
    request: QueryInputTypeDef = {
        "TableName": table,
        "ConsistentRead": True,
        "ScanIndexForward": ascending,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
        "ExpressionAttributeValues": {
            ":pk": text(keys.pk),
            ":low": text(keys.low),
            ":high": text(keys.high),
        },
    }
    if after is not None:
        request["ExclusiveStartKey"] = after
    return request


def query(client: "DynamoDBClient", request: "QueryInputTypeDef", wanted: int | None = None) -> list[Item]:
    """The first `wanted` items of a query, or all of them."""
    found: list[Item] = []
    start: Item | None = None
    while True:
        page: QueryInputTypeDef = {**request}
        if wanted is not None:
            page["Limit"] = wanted - len(found)
        if start is not None:
            page["ExclusiveStartKey"] = start
        answer = _page(client, page)
        found += answer["Items"]
        start = answer.get("LastEvaluatedKey")
        if start is None or (wanted is not None and len(found) >= wanted):
            return found


def query_only(client: "DynamoDBClient", request: "QueryInputTypeDef", *attributes: str) -> Iterator[Item]:
    """These attributes of every item of a query, read page by page: what is not asked for does not travel."""
    names = {f"#{attribute}": attribute for attribute in attributes}
    page: QueryInputTypeDef = {
        **request,
        "ProjectionExpression": ", ".join(names),
        "ExpressionAttributeNames": names,
    }
    while True:
        answer = _page(client, page)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        page = {**page, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def count_in(client: "DynamoDBClient", table: str, keys: Range, at_most: int) -> int:
    """How many items a range of keys has, counted no further than `at_most`."""
    request: QueryInputTypeDef = {**in_range(table, keys), "Select": "COUNT"}
    counted = 0
    while True:
        answer = _page(client, {**request, "Limit": at_most - counted})
        counted += answer["Count"]
        if "LastEvaluatedKey" not in answer or counted >= at_most:
            return counted
        request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


@translated("DynamoDB")
def _page(client: "DynamoDBClient", request: "QueryInputTypeDef") -> "QueryOutputTypeDef":
    return client.query(**request)
