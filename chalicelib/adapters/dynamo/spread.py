"""Reading an index that is spread over partitions: merged in order, or counted. What it says may lag behind writes."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamo.attributes import Item, text
from chalicelib.adapters.dynamo.index_keys import SpreadIndex
from chalicelib.adapters.dynamo.reads import query
from chalicelib.adapters.errors import translated
from chalicelib.adapters.together import map_together, mapping
from foreman_engine.service.indexes import IndexRow
from foreman_engine.service.ports import Position

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_READERS: Final = 8
"""Queries under way at once."""
_SPARE: Final = 4
"""What is read of a partition beyond twice its share, so that a page seldom needs a second read."""


def merged_rows(
    client: "DynamoDBClient",
    table: str,
    index: SpreadIndex,
    limit: int,
    after: Position | None,
    *,
    ascending: bool,
) -> Sequence[IndexRow]:
    """The first `limit` rows behind a place, of all partitions in one order."""
    requests = [_request(table, index, partition, after, ascending) for partition in index.partitions]
    parts = partition_items(client, requests, (index.partition_key, index.sort_key), limit)
    rows = [map(index.row, part) for part in parts]
    return list(islice(heapq.merge(*rows, key=_place, reverse=not ascending), limit))


def _place(row: IndexRow) -> tuple[int, str]:
    return row.at, row.id


def partition_items(
    client: "DynamoDBClient", requests: "Sequence[QueryInputTypeDef]", index_keys: Sequence[str], limit: int
) -> list[Iterator[Item]]:
    """The items of every partition, in its own order, for a merge that takes `limit` of all of them together.

    Of each partition little more than its share is read, and more only where the merge asks for it. `index_keys` are the
    attributes that the index is keyed by.
    """
    page = min(limit, 2 * limit // len(requests) + _SPARE)
    first = map_together(lambda request: query(client, request, page), requests, _READERS)
    return [
        _on(client, request, index_keys, items, page) for request, items in zip(requests, first, strict=True)
    ]


def _on(
    client: "DynamoDBClient",
    request: "QueryInputTypeDef",
    index_keys: Sequence[str],
    items: list[Item],
    page: int,
) -> Iterator[Item]:
    """The items of one partition: those read already, and then page by page."""
    while True:
        yield from items
        if len(items) < page:
            return
        start = {name: items[-1][name] for name in {"pk", "sk", *index_keys}}
        items = query(client, {**request, "ExclusiveStartKey": start}, page)


def _request(
    table: str, index: SpreadIndex, partition: str, after: Position | None, ascending: bool
) -> "QueryInputTypeDef":
    condition, values = "#pk = :pk", {":pk": text(partition)}
    names = {"#pk": index.partition_key}
    if after is not None:
        condition += " AND #sk > :after" if ascending else " AND #sk < :after"
        values[":after"] = index.place(after)
        names["#sk"] = index.sort_key
    return {
        "TableName": table,
        "IndexName": index.name,
        "ScanIndexForward": ascending,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


@dataclass(frozen=True, slots=True)
class _Count:
    """Where the count of one partition stands; `ended` when nothing is left of it."""

    partition: str
    counted: int = 0
    after: Item | None = None
    ended: bool = False


def count_rows(client: "DynamoDBClient", table: str, index: SpreadIndex, at_most: int) -> int:
    """The number of rows; above `at_most` by no more than the number of partitions.

    The partitions are counted at once, each up to its share, so that a big organization costs no more than `at_most` entries.
    """
    counts, counted = [_Count(partition) for partition in index.partitions], 0
    with mapping(_READERS) as together:
        while counts and counted <= at_most:
            share = (at_most - counted) // len(counts) + 1
            counts = together(partial(_count, client, table, index, limit=share), counts)
            counted += sum(part.counted for part in counts)
            counts = [part for part in counts if not part.ended]
    return counted


@translated("DynamoDB")
def _count(client: "DynamoDBClient", table: str, index: SpreadIndex, part: _Count, *, limit: int) -> _Count:
    request = _request(table, index, part.partition, None, ascending=True)
    request |= {"Select": "COUNT", "Limit": limit}
    if part.after is not None:
        request["ExclusiveStartKey"] = part.after
    answer = client.query(**request)
    after = answer.get("LastEvaluatedKey")
    return _Count(part.partition, answer["Count"], after, after is None)
