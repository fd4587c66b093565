"""Reading links: strongly within a run, by an index across the runs of an organization."""

import heapq
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.adapters.dynamo import run_data_keys as keys
from chalicelib.adapters.dynamo.attributes import text
from chalicelib.adapters.dynamo.keys import INDEX_PARTITIONS, Range
from chalicelib.adapters.dynamo.reads import in_range, query
from chalicelib.adapters.dynamo.spread import partition_items
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.together import map_together
from foreman_engine.domain.links import AFTER_IDS, AnyLink, Link, TagLink
from foreman_engine.service.run_data_store import Hit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_READERS: Final = 8
"""Queries under way at once."""
_KEYS_ONLY: Final = "pk, sk"

_L = TypeVar("_L", Link, TagLink)


def read_links(tables: Tables, span: Range, kind: type[_L], limit: int, *, ascending: bool) -> list[_L]:
    """The first `limit` links of a range, strongly consistent."""
    request = in_range(tables.run_data, span, ascending=ascending)
    request["ProjectionExpression"] = _KEYS_ONLY
    return [keys.read_link(item, kind) for item in query(tables.client, request, limit)]


def newest_of(tables: Tables, org_id: str, run_id: str, names: Collection[str]) -> Mapping[str, str]:
    """The id of the newest entry of each key: one strong query of one link each."""

    def newest(name: str) -> list[Link]:
        span = keys.links(org_id, run_id, None, Link(name, ""), Link(name, AFTER_IDS))
        return read_links(tables, span, Link, 1, ascending=False)

    if not names:
        return {}
    found = map_together(newest, names, min(_READERS, len(names)))
    return {link.key: link.entry_id for links in found for link in links}


def search_links(
    tables: Tables, org_id: str, low: AnyLink, high: AnyLink, limit: int
) -> Sequence[Hit[AnyLink]]:
    """The first `limit` links between two places in the order of the index, merged from its partitions."""
    requests = [_in_index(tables.run_data, org_id, number, low, high) for number in range(INDEX_PARTITIONS)]
    parts = partition_items(tables.client, requests, (keys.index_key(low), "sk"), limit)
    merged = heapq.merge(*parts, key=lambda item: keys.read_link(item, type(low)))
    return [Hit(keys.read_address(item), keys.read_link(item, type(low))) for item in islice(merged, limit)]


def _in_index(table: str, org_id: str, number: int, low: AnyLink, high: AnyLink) -> "QueryInputTypeDef":
    begin, end = keys.between(low, high)
    return {
        "TableName": table,
        "IndexName": keys.TAG_INDEX if isinstance(low, TagLink) else keys.KEY_INDEX,
        "KeyConditionExpression": f"{keys.index_key(low)} = :pk AND sk BETWEEN :low AND :high",
        "ExpressionAttributeValues": {
            ":pk": text(keys.index_partition(org_id, number)),
            ":low": text(begin),
            ":high": text(end),
        },
    }
