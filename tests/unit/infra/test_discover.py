"""Which stack a command means."""

import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from infra.discover import find_target
from infra.errors import OperatorError
from infra.local.files import write_private
from infra.local.home import Home
from infra.local.records import StackRecord, new_record, recorded, stacks_up

RECORD = StackRecord(
    endpoint="http://127.0.0.1:3000",
    aws_endpoint_url="http://127.0.0.1:4000",
    region="us-east-1",
    stage="dev",
    pid=os.getpid(),
    ephemeral=True,
    started_at=1,
)
NO_PROCESS = 2**22 + 1
"""Above Linux's and macOS's highest process id."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.stacks.mkdir()
    return home


def put(home: Home, name: str, record: StackRecord) -> None:
    write_private(home.stacks / f"{name}.json", asdict(record))


def test_the_durable_stack_comes_before_the_newest(home: Home) -> None:
    put(home, "old", RECORD)
    put(home, "new", replace(RECORD, started_at=9))
    assert [record.started_at for record in stacks_up(home)] == [9, 1]
    put(home, "durable", replace(RECORD, ephemeral=False))
    assert stacks_up(home)[0].ephemeral is False


def test_what_the_dead_and_the_broken_left_behind_is_skipped_and_removed(home: Home) -> None:
    put(home, "dead", replace(RECORD, pid=NO_PROCESS))
    (home.stacks / "broken.json").write_text("{")
    (home.stacks / "other.json").write_text('{"pid": 1}')
    assert stacks_up(home) == []
    assert list(home.stacks.iterdir()) == []


def test_a_stack_is_found_while_it_is_up_and_no_longer(home: Home) -> None:
    record = new_record("http://a", "http://b", "us-east-1", "dev", ephemeral=True)
    with recorded(home, record):
        assert stacks_up(home) == [record]
        (path,) = home.stacks.iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
    assert stacks_up(home) == []


def test_the_aws_settings_win(home: Home) -> None:
    put(home, "a", RECORD)
    environ = {"AWS_ENDPOINT_URL": "http://elsewhere", "AWS_DEFAULT_REGION": "eu-west-1"}
    target = find_target(home, environ, "dev")
    assert target.name == "http://elsewhere"
    assert target.environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert target.environment["AWS_ACCESS_KEY_ID"]
    own = {**environ, "AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "mine"}
    assert find_target(home, own, "dev").environment == own


def test_a_local_stack_needs_no_setting_and_sees_nothing_of_the_persons_account(home: Home) -> None:
    put(home, "a", RECORD)
    environ = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "t",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "PATH": "/bin",
    }
    environment = find_target(home, environ, "dev").environment
    assert environment["AWS_ENDPOINT_URL"] == RECORD.aws_endpoint_url
    assert environment["AWS_DEFAULT_REGION"] == "us-east-1"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & set(environment)
    assert environment["PATH"] == "/bin"


def test_another_stage_is_not_the_local_one(home: Home) -> None:
    put(home, "a", RECORD)
    with pytest.raises(OperatorError, match="No local stack of stage prod"):
        find_target(home, {}, "prod")
    assert find_target(home, {"AWS_REGION": "eu-west-1"}, "prod").name == "AWS in eu-west-1"
