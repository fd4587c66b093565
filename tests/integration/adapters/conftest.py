"""The adapters over raw clients on moto, so that tests see what is stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from boto3.session import Session

from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_engine.service.ports import Ports
from tests.contract.backends import moto_aws


@dataclass(frozen=True)
class Cloud:
    """Ports, and the raw clients beside them."""

    settings: Settings
    session: Session
    ports: Ports
    dynamodb: Any
    sqs: Any
    s3: Any

    def items(self, table: str, pk: str) -> list[dict[str, Any]]:
        """What a partition holds, as stored."""
        answer = self.dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )
        items: list[dict[str, Any]] = answer["Items"]
        return items


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with moto_aws() as (settings, session):
        yield Cloud(
            settings,
            session,
            aws_ports(settings, session),
            session.client("dynamodb"),
            session.client("sqs"),
            session.client("s3"),
        )


class Losing:
    """A client that loses the answer of each write, and sends it again as botocore would."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._client, name)
        if name not in ("put_item", "update_item"):
            return method

        def twice(**request: Any) -> Any:
            method(**request)
            return method(**request)

        return twice
