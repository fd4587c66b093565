"""Rate windows on DynamoDB: an item each, well under 1 KB and in no index, so that counting costs one write unit."""

from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, number
from chalicelib.adapters.dynamo.reads import in_range, query
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.errors import translated
from foreman_engine.domain.rate_windows import Window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

_ENDS_AT: Final = "ea"
_USED: Final = "n"
_KEPT_MS: Final = 24 * 3600 * 1000
_COUNT: Final = "SET #ea = if_not_exists(#ea, :ea), #at = if_not_exists(#at, :at) ADD #n :one"


class DynamoRateWindows:
    """RateWindows."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def latest(self, org_id: str, key_hash: str, window_s: int) -> Window | None:
        """The window with the highest number, whether or not it has ended; strongly consistent."""
        spread = keys.rate_windows(org_id, key_hash, window_s)
        found = query(self._tables.client, in_range(self._tables.keys, spread, ascending=False), wanted=1)
        return _read(found[0]) if found else None

    @translated("DynamoDB")
    def count(self, org_id: str, key_hash: str, window_s: int, number: int, now_ms: int) -> Window:
        """Add one request to a window and answer what it is then."""
        request = self._counting(
            keys.rate_window(org_id, key_hash, window_s, number), now_ms + window_s * 1000
        )
        return _read(self._tables.client.update_item(**request)["Attributes"])

    def _counting(self, key: Item, ends_at: int) -> "UpdateItemInputTypeDef":
        return {
            "TableName": self._tables.keys,
            "Key": key,
            "UpdateExpression": _COUNT,
            "ExpressionAttributeNames": {"#ea": _ENDS_AT, "#at": keys.EXPIRES_AT, "#n": _USED},
            "ExpressionAttributeValues": {
                ":ea": number(ends_at),
                ":at": number((ends_at + _KEPT_MS) // 1000),
                ":one": number(1),
            },
            "ReturnValues": "ALL_NEW",
        }


def _read(item: Item) -> Window:
    return Window(keys.rate_window_number(item), int(item[_ENDS_AT]["N"]), int(item[_USED]["N"]))
