"""What every store is given: the database, the names of its tables, the bucket and the clock."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters.s3 import S3Objects
from foreman_engine.service.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Tables:
    """Where the records are. The clock tells which idempotency records have expired."""

    client: "DynamoDBClient"
    objects: S3Objects
    clock: Clock
    runs: str
    tasks: str
    run_data: str
    keys: str
