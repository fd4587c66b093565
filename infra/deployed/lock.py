"""One deployment of a stage at a time: an object in its bucket that only one can create."""

import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from infra.clock import local_time, now_ms
from infra.deployed.configuration import DEPLOY_FOLDER
from infra.deployed.faults import code_of
from infra.errors import OperatorError
from infra.local.lock import is_alive

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LOCK_KEY: Final = f"{DEPLOY_FOLDER}/lock"
_TAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_GONE: Final = {"NoSuchKey", "NoSuchBucket", "404"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds the lock: a process of a machine. `at` is epoch milliseconds."""

    user: str
    host: str
    pid: int
    at: int

    @property
    def is_dead(self) -> bool:
        """Whether it was a process of this machine that is no more; of another machine's nobody here can tell."""
        return self.host == socket.gethostname() and not is_alive(self.pid)


@contextmanager
def deploying(s3: "S3Client", bucket: str, *, break_lock: bool) -> Iterator[None]:
    """Hold the stage's lock inside the block. The lock of a process of this machine that is gone is taken over.

    Raises:
        OperatorError: somebody else holds it, and `break_lock` is not given.
        ClientError: the bucket cannot be written.
    """
    owner = Owner(_user(), socket.gethostname(), os.getpid(), now_ms())
    etag = _take(s3, bucket, owner)
    if etag is None:
        _remove(s3, bucket, break_lock=break_lock)
        etag = _take(s3, bucket, owner)
    if etag is None:
        raise OperatorError("Somebody else began to deploy just now; try again when they are done.")
    try:
        yield
    finally:
        with suppress(ClientError):  # broken by somebody, or gone with its bucket
            s3.delete_object(Bucket=bucket, Key=LOCK_KEY, IfMatch=etag)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, whoever runs it may have no name
        return f"user {os.getuid()}"


def _take(s3: "S3Client", bucket: str, owner: Owner) -> str | None:
    body = json.dumps(asdict(owner)).encode()
    try:
        return s3.put_object(Bucket=bucket, Key=LOCK_KEY, Body=body, IfNoneMatch="*")["ETag"]
    except ClientError as error:
        if code_of(error) not in _TAKEN:
            raise
    held = _held(s3, bucket)
    # boto3 repeats a request whose answer was lost, and then finds that we hold it already.
    return held[1] if held is not None and held[0] == owner else None


def _held(s3: "S3Client", bucket: str) -> tuple[Owner, str] | None:
    try:
        found = s3.get_object(Bucket=bucket, Key=LOCK_KEY)
    except ClientError as error:
        if code_of(error) in _GONE:
            return None
        raise
    return Owner(**json.loads(found["Body"].read())), found["ETag"]


def _remove(s3: "S3Client", bucket: str, *, break_lock: bool) -> None:
    held = _held(s3, bucket)
    if held is None:
        return
    owner, etag = held
    if not (break_lock or owner.is_dead):
        raise OperatorError(
            f"{owner.user} on {owner.host} (process {owner.pid}) is deploying this stage since {local_time(owner.at)}; "
            "wait for the end, or if that process is dead add --break-lock."
        )
    with suppress(ClientError):  # somebody was faster; the next attempt to take it tells
        s3.delete_object(Bucket=bucket, Key=LOCK_KEY, IfMatch=etag)
