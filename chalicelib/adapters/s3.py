"""Payloads too large for a DynamoDB item, as objects in the deployment's bucket."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import code_of, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef


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

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, ascending, strongly consistent; read a thousand at a time."""
        after = ""
        while True:
            page = self._page(prefix, after)
            yield from (found["Key"] for found in page.get("Contents", []))
            if not page["IsTruncated"]:
                return
            after = page["Contents"][-1]["Key"]

    @translated("S3")
    def _page(self, prefix: str, after: str) -> "ListObjectsV2OutputTypeDef":
        return self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, StartAfter=after)
