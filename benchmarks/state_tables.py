"""The tables of template.yaml, for a DynamoDB without CloudFormation."""

from string import Template
from typing import TYPE_CHECKING, Any, Final

import yaml

from infra.local.home import TEMPLATE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CREATED_WITH: Final = (
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)
_TTL: Final = "TimeToLiveSpecification"


class _Loader(yaml.SafeLoader):
    """YAML in which `!Sub x` is x as it stands, and every other short form of CloudFormation is None."""


def _sub(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _ignored(_loader: _Loader, _tag: str, _node: yaml.Node) -> None:
    return None


_Loader.add_constructor("!Sub", _sub)
_Loader.add_multi_constructor("!", _ignored)


def tables(stage: str) -> dict[str, dict[str, Any]]:
    """The stage's tables by name: the properties that template.yaml gives each. What depends on a condition is None."""
    body: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)
    made = [
        each["Properties"] for each in body["Resources"].values() if each["Type"] == "AWS::DynamoDB::Table"
    ]
    return {Template(table["TableName"]).substitute(Stage=stage): table for table in made}


def create_tables(client: "DynamoDBClient", stage: str) -> None:
    """Create the stage's tables with their indexes and their expiry; the emulator has them at once."""
    for name, properties in tables(stage).items():
        given: Any = {each: properties[each] for each in _CREATED_WITH if each in properties}
        client.create_table(TableName=name, **given)
        if _TTL in properties:
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=properties[_TTL])
