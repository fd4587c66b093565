"""Of several processes one makes it, and only what is whole gets the name."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.installed import made_once


def is_whole(home: Path) -> bool:
    return (home / "last").exists()


def fill(new: Path) -> None:
    (new / "first").touch()
    time.sleep(0.05)
    (new / "last").touch()


def test_the_second_waits_for_the_first_and_uses_what_it_made(tmp_path: Path) -> None:
    home, made = tmp_path / "cache" / "thing-1.0", []

    def make(new: Path) -> None:
        made.append(new)
        fill(new)

    def whole(_: int) -> bool:
        return is_whole(made_once(home, is_whole, make))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(whole, range(4)))
    assert len(made) == 1
    assert sorted(path.name for path in home.parent.iterdir()) == ["thing-1.0", "thing-1.0.lock"]


def test_what_is_not_whole_and_what_the_killed_left_is_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "thing-1.0"
    for folder in (home, tmp_path / "thing-1.0.new-abc"):
        folder.mkdir()
        (folder / "half").touch()
    made_once(home, is_whole, fill)
    assert sorted(path.name for path in home.iterdir()) == ["first", "last"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thing-1.0", "thing-1.0.lock"]


def test_a_failure_leaves_only_the_lock(tmp_path: Path) -> None:
    def fail(new: Path) -> None:
        (new / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        made_once(tmp_path / "thing-1.0", is_whole, fail)
    assert [path.name for path in tmp_path.iterdir()] == ["thing-1.0.lock"]
