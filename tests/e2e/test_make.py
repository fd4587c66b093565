"""`make` as a person with nothing but Python and make meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import ROOT, clean_environment

INSTALLED = (ROOT / ".venv" / ".local").exists()


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**clean_environment(), **variables}
    for name in ("PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        env.pop(name, None)
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_bare_make_explains_itself() -> None:
    said = make()
    assert said.returncode == 0
    for target in ("setup", "run", "dev", "test", "check", "fmt", "dist", "clean"):
        assert f"make {target} " in said.stdout


def test_without_a_usable_python_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    fake = tmp_path / "python3.13"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    venv = tmp_path / "venv"
    said = make(f"{venv}/.made", f"VENV={venv}", f"PYTHONS={fake} {tmp_path}/nothing")
    assert said.returncode != 0
    (sentence,) = [line for line in said.stderr.splitlines() if not line.startswith("make")]
    assert "Python 3.11 or newer" in sentence
    assert not venv.exists()


def test_the_environment_is_made_with_the_first_python_that_works(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    said = make(f"{venv}/.made", f"VENV={venv}", f"PYTHONS={tmp_path}/nothing {sys.executable}")
    assert said.returncode == 0, said.stderr
    assert (venv / "bin" / "python").exists()
    again = make(f"{venv}/.made", f"VENV={venv}")
    assert "up to date" in again.stdout


@pytest.mark.skipif(not INSTALLED, reason="needs `make setup`")
def test_make_run_once_plays_the_order(tmp_path: Path) -> None:
    said = make("run", "ARGS=--once --port 0", FOREMAN_DATA_DIR=str(tmp_path / "foreman"))
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.rstrip().endswith(" s: 2 tasks completed")
    assert (tmp_path / "foreman" / "dev.json").stat().st_mode & 0o777 == 0o600
