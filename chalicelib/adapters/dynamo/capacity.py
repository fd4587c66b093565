"""What a call to DynamoDB consumed, in its own words."""

from collections.abc import Mapping
from typing import Any, Final

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})
READS: Final = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query"})


def ask(params: dict[str, Any]) -> None:
    """Make the request ask for what it consumes."""
    params["ReturnConsumedCapacity"] = "TOTAL"


def units_of(parsed: Mapping[str, Any]) -> float:
    """The capacity units in an answer. One that is an error tells none, though a refused write consumes them too."""
    consumed = parsed.get("ConsumedCapacity", [])
    parts = consumed if isinstance(consumed, list) else [consumed]
    return float(sum(part["CapacityUnits"] for part in parts))
