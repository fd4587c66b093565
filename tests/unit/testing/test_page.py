"""Every example of docs/testing.md is a test file that passes as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.testing.test_surface import environment

PAGE = (Path(__file__).parents[3] / "docs" / "testing.md").read_text()
BLOCKS = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)


def test_every_block_is_a_file() -> None:
    assert len(BLOCKS) == PAGE.count("```python")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    for name, code in BLOCKS:
        (folder / name).write_text(code)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-p", "foreman_pytest", "-v"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment())
    return done.stdout + done.stderr


@pytest.mark.parametrize(("name", "code"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_its_tests_pass(name: str, code: str, said: str) -> None:
    tests = re.findall(r"def (test_\w+)", code)
    assert tests
    for test in tests:
        assert f"{name}::{test} PASSED" in said, said
