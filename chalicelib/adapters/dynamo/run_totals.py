"""How many runs an organization has, by its created-index."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, text
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.errors import translated


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where the count of one index partition stands; `ended` when nothing is left of it."""

    partition: str
    counted: int = 0
    after: Item | None = None
    ended: bool = False


def count_runs(tables: Tables, org_id: str, at_most: int) -> int:
    """The number of runs; above `at_most` by no more than the number of partitions. May lag behind writes.

    The partitions are counted at once, each up to its share, so that a big organization costs no more than `at_most` entries.
    """
    parts = [keys.index_partition(org_id, number) for number in range(keys.INDEX_PARTITIONS)]
    walks, counted = [_Walk(part) for part in parts], 0
    with ThreadPoolExecutor(keys.INDEX_PARTITIONS) as pool:
        while walks and counted <= at_most:
            share = (at_most - counted) // len(walks) + 1
            walks = list(pool.map(lambda walk, limit=share: _count(tables, walk, limit), walks))
            counted += sum(walk.counted for walk in walks)
            walks = [walk for walk in walks if not walk.ended]
    return counted


@translated("DynamoDB")
def _count(tables: Tables, walk: _Walk, limit: int) -> _Walk:
    start = {"ExclusiveStartKey": walk.after} if walk.after is not None else {}
    answer = tables.client.query(
        TableName=tables.runs,
        IndexName=keys.CREATED_INDEX,
        Select="COUNT",
        Limit=limit,
        KeyConditionExpression="gpk = :gpk",
        ExpressionAttributeValues={":gpk": text(walk.partition)},
        **start,  # type: ignore[arg-type]
    )
    after = answer.get("LastEvaluatedKey")
    return _Walk(walk.partition, answer["Count"], after, after is None)
