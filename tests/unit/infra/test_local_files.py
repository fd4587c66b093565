"""What the local stack writes down: privately, whole, and so that the next start can say what was lost."""

import os
from pathlib import Path

import pytest

from infra.clock import local_time
from infra.errors import OperatorError
from infra.local.environment import server
from infra.local.files import read_json, write_private
from infra.local.home import Home, folders
from infra.local.journal import End, Journal, read_journal, what_was_lost
from infra.local.lock import exclusive


def test_a_file_is_private_whatever_it_was_before(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, {"a": 1})
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["f.json"]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    write_private(path, {"a": 1})
    with pytest.raises(TypeError):
        write_private(path, {"a": object()})
    assert read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["f.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", "3"])
def test_what_is_no_object_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "f").write_text(text)
    assert read_json(tmp_path / "f") is None


def test_a_clean_end_and_a_first_start_are_no_news(tmp_path: Path) -> None:
    assert what_was_lost(read_journal(tmp_path / "none")) is None
    Journal(End.CLEAN, 1, 2).write(tmp_path / "j")
    assert read_journal(tmp_path / "j") == Journal(End.CLEAN, 1, 2)
    assert what_was_lost(read_journal(tmp_path / "j")) is None


def test_a_kill_tells_from_when_on_things_are_lost() -> None:
    said = what_was_lost(Journal(End.OPEN, 1, 1_700_000_000_000))
    assert said is not None
    assert f"everything written after {local_time(1_700_000_000_000)} was lost" in said


def test_a_killed_parent_loses_nothing() -> None:
    assert "nothing was lost" in (what_was_lost(Journal(End.ORPHANED, 1, 2)) or "")


def test_a_broken_journal_is_none(tmp_path: Path) -> None:
    write_private(tmp_path / "j", {"end": "?", "started_at": 1, "saved_at": 2})
    assert read_journal(tmp_path / "j") is None


def test_two_stacks_do_not_share_a_folder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with exclusive(lock, 0), pytest.raises(OperatorError, match=f"process {os.getpid()}"), exclusive(lock, 5):
        pass
    with exclusive(lock, 0):
        assert lock.stat().st_mode & 0o777 == 0o600


def test_an_ephemeral_stack_leaves_only_logs_and_few_of_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for n in range(9):
        (tmp_path / "logs" / f"ephemeral-{n}").mkdir(parents=True)
    with folders(home, ephemeral=True) as made:
        assert made.data.is_dir()
        assert not made.data.is_relative_to(tmp_path)
    assert not made.data.exists()
    assert len(list((tmp_path / "logs").iterdir())) <= 6


def test_the_server_gets_its_names_and_nothing_of_the_persons_settings() -> None:
    outputs = {
        name: name.lower()
        for name in (
            "RunsTableName",
            "TasksTableName",
            "RunDataTableName",
            "KeysTableName",
            "BucketName",
            "WorkQueueName",
            "DeadLetterQueueName",
        )
    }
    base = {"HOME": "/h", "AWS_PROFILE": "p", "FOREMAN_STAGE": "prod", "AWS_ENDPOINT_URL_SQS": "http://x"}
    made = server(base, "http://127.0.0.1:1", outputs)
    assert made["HOME"] == "/h"
    assert (made["FOREMAN_STAGE"], made["FOREMAN_BUCKET"]) == ("dev", "bucketname")
    assert made["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_SQS"} & set(made)
