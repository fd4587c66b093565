"""DynamoDB's attribute values, made and measured."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Value: TypeAlias = AttributeValueTypeDef
else:
    Value = dict[str, Any]
"""One attribute's value, such as `{"S": "text"}`."""
Item: TypeAlias = dict[str, Value]
"""An item, or a key, by attribute name."""


def text(value: str) -> Value:
    """A string."""
    return {"S": value}


def number(value: int) -> Value:
    """An integer."""
    return {"N": str(value)}


def blob(value: bytes) -> Value:
    """Bytes."""
    return {"B": value}


def flag(value: bool) -> Value:
    """A boolean."""
    return {"BOOL": value}


def texts(values: tuple[str, ...]) -> Value:
    """A list of strings, in order."""
    return {"L": [{"S": value} for value in values]}


def size_bytes(item: Mapping[str, Value]) -> int:
    """About what DynamoDB counts for the attributes, names included; never less.

    Source: "DynamoDB item sizes and formats", Amazon DynamoDB Developer Guide.
    """
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Value) -> int:
    if "S" in value:
        return len(value["S"].encode())
    if "N" in value:
        return len(value["N"]) // 2 + 2
    if "B" in value:
        return len(bytes(value["B"]))
    if "L" in value:
        return 3 + sum(1 + len(element["S"].encode()) for element in value["L"])
    return 1
