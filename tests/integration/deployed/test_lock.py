"""One deployment of a stage at a time, whoever dies."""

import json
import os
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.deployed.lock import LOCK_KEY, deploying
from infra.errors import OperatorError

BUCKET = "payloads"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", "us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")
        client.create_bucket(Bucket=BUCKET)
        yield client


def held_by(s3: Any, host: str, pid: int) -> None:
    owner = {"user": "ada", "host": host, "pid": pid, "at": 0}
    s3.put_object(Bucket=BUCKET, Key=LOCK_KEY, Body=json.dumps(owner).encode())


def is_held(s3: Any) -> bool:
    return "Contents" in s3.list_objects_v2(Bucket=BUCKET, Prefix=LOCK_KEY)


DEAD = 2**22 + 1
"""No process has this id: it is above Linux's highest."""


def test_a_second_deployment_is_told_who_is_at_it(s3: Any) -> None:
    held_by(s3, "elsewhere", 7)
    with (
        pytest.raises(OperatorError, match=r"ada on elsewhere \(process 7\).*--break-lock"),
        deploying(s3, BUCKET, break_lock=False),
    ):
        pytest.fail("both deploy")


def test_the_lock_is_given_back_also_after_a_failure(s3: Any) -> None:
    def fail() -> None:
        with deploying(s3, BUCKET, break_lock=False):
            assert is_held(s3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_held(s3)


def test_the_lock_of_a_dead_process_of_this_machine_is_taken_over(s3: Any) -> None:
    held_by(s3, socket.gethostname(), DEAD)
    with deploying(s3, BUCKET, break_lock=False):
        assert is_held(s3)


def test_the_lock_of_a_live_process_of_this_machine_is_not(s3: Any) -> None:
    held_by(s3, socket.gethostname(), os.getpid())
    with pytest.raises(OperatorError), deploying(s3, BUCKET, break_lock=False):
        pytest.fail("both deploy")


def test_a_lock_can_be_broken_and_is_then_ones_own(s3: Any) -> None:
    held_by(s3, "elsewhere", 7)
    with deploying(s3, BUCKET, break_lock=True):
        owner = json.loads(s3.get_object(Bucket=BUCKET, Key=LOCK_KEY)["Body"].read())
        assert owner["pid"] == os.getpid()
    assert not is_held(s3)


def test_a_lock_whose_answer_was_lost_is_ones_own(s3: Any) -> None:
    def lose(parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
        http_response.status_code = 412
        parsed["Error"] = {"Code": "PreconditionFailed", "Message": "the repeated request's answer"}

    s3.meta.events.register("after-call.s3.PutObject", lose)
    with deploying(s3, BUCKET, break_lock=False):
        assert is_held(s3)
    assert not is_held(s3)


def test_whoever_has_no_name_can_deploy_too(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 54321")

    monkeypatch.setattr("getpass.getuser", nameless)
    with deploying(s3, BUCKET, break_lock=False):
        assert is_held(s3)
