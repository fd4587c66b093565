"""The record that a creating request with an idempotency key leaves in the same transaction as its objects."""

from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, number, text
from chalicelib.adapters.dynamo.errors import Refusal
from foreman_engine.domain.errors import AlreadyDoneError
from foreman_engine.domain.idempotency import IdempotencyRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_BODY_HASH: Final = "bh"
_IDS: Final = "ids"


def put_record(table: str, org_id: str, record: IdempotencyRecord, now_ms: int) -> "TransactWriteItemTypeDef":
    """The action that keeps a record, on condition that there is none or that it has expired."""
    item: Item = {
        **keys.idempotency(org_id, record.scope),
        _BODY_HASH: text(record.body_hash),
        _IDS: text(" ".join(record.object_ids)),
        keys.EXPIRES_AT: number(record.expires_at_s),
    }
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk) OR #at <= :now",
            "ExpressionAttributeNames": {"#at": keys.EXPIRES_AT},
            "ExpressionAttributeValues": {":now": number(now_ms // 1000)},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def read_record(scope: str, item: Item, now_ms: int) -> IdempotencyRecord | None:
    """The record in an item; None when it has expired, which TTL may take days to notice."""
    expires_at_s = int(item[keys.EXPIRES_AT]["N"])
    if expires_at_s * 1000 <= now_ms:
        return None
    return IdempotencyRecord(scope, item[_BODY_HASH]["S"], _ids(item), expires_at_s)


def refuse_done(refusal: Refusal) -> None:
    """Raise AlreadyDoneError when it was the record's condition that failed."""
    if refusal.failed and refusal.old is not None:
        raise AlreadyDoneError(refusal.old[_BODY_HASH]["S"], _ids(refusal.old))


def _ids(item: Item) -> tuple[str, ...]:
    return tuple(item[_IDS]["S"].split())
