"""Finding a Python for LocalStack, and saying so when there is none."""

import sys
from pathlib import Path

import pytest

from benchmarks.installed import NotMadeError
from tests.contract import localstack_venv
from tests.contract.localstack_venv import find_python, localstack_python


def script(folder: Path, text: str) -> str:
    path = folder / f"python-{len(list(folder.iterdir()))}"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_only_a_python_that_runs_and_is_the_right_one_is_found(tmp_path: Path) -> None:
    shim = script(tmp_path, "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    older = script(tmp_path, "echo")
    told = script(tmp_path, 'test "$PYENV_VERSION" = 3.13.0 && echo /right')
    candidates: list[tuple[str, dict[str, str]]] = [
        (str(tmp_path / "absent"), {}),
        (shim, {}),
        (older, {}),
        (told, {}),
    ]
    assert find_python(candidates) is None
    assert find_python([*candidates, (told, {"PYENV_VERSION": "3.13.0"})]) == "/right"
    assert find_python([(sys.executable, {})]) == (
        sys.executable if sys.version_info[:2] == (3, 13) else None
    )


def test_without_a_python_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localstack_venv, "interpreters", list)
    said: list[str] = []
    with pytest.raises(NotMadeError, match=r"needs a Python 3\.13"):
        localstack_python(said.append, tmp_path)
    assert (said, [path.name for path in tmp_path.iterdir()]) == ([], ["localstack-4.14.lock"])


def test_what_cannot_be_installed_is_told_and_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = script(tmp_path, 'test "$1" = -c && echo "$0" && exit; echo "no space" >&2; exit 1')
    monkeypatch.setattr(localstack_venv, "interpreters", lambda: [(broken, {})])
    said: list[str] = []
    with pytest.raises(NotMadeError, match="no space"):
        localstack_python(said.append, tmp_path / "cache")
    assert len(said) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["localstack-4.14.lock"]
