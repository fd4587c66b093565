"""Payloads too large for a DynamoDB item, as objects in the deployment's bucket."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class S3Objects:
    """Write-once objects. Names are random, so nothing is ever overwritten."""

    client: "S3Client"
    bucket: str

    @translated("S3")
    def put(self, key: str, body: bytes) -> None:
        """Store an object; it is durable when the call returns."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    @translated("S3")
    def get(self, key: str) -> bytes:
        """The bytes of an object that exists."""
        return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
