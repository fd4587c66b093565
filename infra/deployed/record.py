"""What a deployment remembers: Chalice's record of what it made, in the stage's bucket, so that every clone has the same.

The object's body is Chalice's own file, `.chalice/deployed/<stage>.json`; its metadata says which code that was.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

from infra.deployed.configuration import DEPLOY_FOLDER
from infra.deployed.faults import code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Resource: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Code:
    """Which code is deployed. `at` is epoch milliseconds.

    `fingerprint` follows from the package and its configuration; `revision` is what Lambda says of the functions, so that a
    change behind our back is noticed.
    """

    version: str
    fingerprint: str
    revision: str
    runtime: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Record:
    """Chalice's resources, and the code; None when a deployment began and did not end."""

    resources: Sequence[Resource]
    code: Code | None

    def to_chalice(self) -> str:
        """The text of Chalice's file."""
        resources = list(self.resources)
        return (
            json.dumps({"resources": resources, "schema_version": "2.0", "backend": "api"}, indent=2) + "\n"
        )

    def value(self, resource: str, key: str) -> str | None:
        """One value of a resource; None when there is no such resource."""
        found = next((each for each in self.resources if each["name"] == resource), {})
        return None if found.get(key) is None else str(found[key])


def record_key(stage: str) -> str:
    """Where the record lies in the bucket."""
    return f"{DEPLOY_FOLDER}/{stage}.json"


def fetch_record(s3: "S3Client", bucket: str, stage: str) -> Record | None:
    """The stage's record; None when nothing was deployed yet, or the bucket is gone."""
    try:
        found = s3.get_object(Bucket=bucket, Key=record_key(stage))
    except ClientError as error:
        if code_of(error) in ("NoSuchKey", "NoSuchBucket", "404"):
            return None
        raise
    return Record(json.loads(found["Body"].read())["resources"], _code(found.get("Metadata", {})))


def store_record(s3: "S3Client", bucket: str, stage: str, record: Record) -> None:
    """Keep the record for whoever deploys next."""
    metadata = (
        {} if record.code is None else {name: str(value) for name, value in asdict(record.code).items()}
    )
    body = record.to_chalice().encode()
    s3.put_object(Bucket=bucket, Key=record_key(stage), Body=body, Metadata=metadata)


def _code(metadata: Mapping[str, str]) -> Code | None:
    names = Code.__dataclass_fields__
    if not set(names) <= set(metadata):
        return None
    told: dict[str, Any] = {name: metadata[name] for name in names}
    return Code(**{**told, "at": int(told["at"])})
