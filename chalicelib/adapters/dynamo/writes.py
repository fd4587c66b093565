"""Conditional writes. What met another write is tried again; what was refused tells whose condition failed.

botocore sends a request again when its answer was lost. A transaction carries a token, so DynamoDB knows the copy. A single
write carries a random mark in the item: a refusal that finds this mark there was caused by the first copy.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters.backoff import pauses
from chalicelib.adapters.dynamo.attributes import Item, Value, blob
from chalicelib.adapters.dynamo.errors import RefusedError, is_crowded, refusals_of
from chalicelib.adapters.errors import translated
from foreman_engine.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, WriteRequestUnionTypeDef

MARK: Final = "w"
"""The attribute that holds the mark of an item's last write."""
_BATCH: Final = 25
"""Items of one BatchWriteItem. Source: DynamoDB quotas."""


def new_mark() -> Value:
    """A mark that no other write has."""
    return blob(secrets.token_bytes(8))


def write(client: "DynamoDBClient", action: "TransactWriteItemTypeDef", mark: Value) -> None:
    """One Put or Update, which sets MARK to `mark` and returns the old item when refused.

    Raises:
        RefusedError: its condition failed, and not because an earlier copy of itself had come through.
    """

    def send() -> None:
        if "Put" in action:
            client.put_item(**action["Put"])
        else:
            client.update_item(**action["Update"])

    try:
        _patiently(send)
    except RefusedError as refused:
        old = refused.refusals[0].old
        if old is None or old.get(MARK) != mark:
            raise


def transact(client: "DynamoDBClient", actions: Callable[[], Sequence["TransactWriteItemTypeDef"]]) -> None:
    """All actions or none; `actions` is asked anew for every try, so that it can avoid what was crowded.

    Raises:
        RefusedError: a condition failed.
    """
    _patiently(
        lambda: client.transact_write_items(TransactItems=actions(), ClientRequestToken=secrets.token_hex(16))
    )


@translated("DynamoDB")
def _patiently(send: Callable[[], object]) -> None:
    for pause in pauses():
        try:
            send()
        except ClientError as error:
            if refusals := refusals_of(error):
                raise RefusedError(refusals) from error
            if not is_crowded(error):
                raise
            time.sleep(pause)
        else:
            return
    raise UnavailableError("Too many writes meet at one item.")


def put_all(client: "DynamoDBClient", table: str, items: Sequence[Item]) -> None:
    """Put items that nobody else knows yet, without conditions.

    Raises:
        UnavailableError: the table went on taking only a part.
    """
    _write_all(client, table, [{"PutRequest": {"Item": item}} for item in items])


def delete_all(client: "DynamoDBClient", table: str, keys: Sequence[Item]) -> None:
    """Delete items that nobody refers to any more, without conditions.

    Raises:
        UnavailableError: the table went on taking only a part.
    """
    _write_all(client, table, [{"DeleteRequest": {"Key": key}} for key in keys])


def _write_all(client: "DynamoDBClient", table: str, requests: "Sequence[WriteRequestUnionTypeDef]") -> None:
    for start in range(0, len(requests), _BATCH):
        _write_batch(client, table, requests[start : start + _BATCH])


@translated("DynamoDB")
def _write_batch(
    client: "DynamoDBClient", table: str, requests: "Sequence[WriteRequestUnionTypeDef]"
) -> None:
    for pause in pauses():
        answer = client.batch_write_item(RequestItems={table: requests})
        left = answer["UnprocessedItems"].get(table)
        if not left:
            return
        requests = left
        time.sleep(pause)
    raise UnavailableError("DynamoDB is throttled.")
