"""Payloads too large for a DynamoDB item, as objects in the deployment's bucket."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import code_of, translated

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
    def get(self, key: str) -> bytes | None:
        """The bytes of an object, if it exists."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code_of(error) != "NoSuchKey":
                raise
            return None

    @translated("S3")
    def delete(self, key: str) -> None:
        """Delete an object; one that does not exist is no error."""
        self.client.delete_object(Bucket=self.bucket, Key=key)
