"""docs/http.md: every line of it runs in a plain shell against a real stack, and prints what the page says."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.installed import NotMadeError
from tests.contract.needed import needed
from tests.e2e.processes import ROOT, Stack, clean_environment

PAGE = (ROOT / "docs" / "http.md").read_text()
SCRIPT = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))


def find_curl(_: Callable[[str], None]) -> str:
    if (curl := shutil.which("curl")) is None:
        raise NotMadeError("docs/http.md is run with curl: install it (Debian and Ubuntu: apt install curl)")
    return curl


def expected() -> list[str]:
    """What the comments behind the lines say is printed; those of the two assignments say something else."""
    comments = re.findall(r"^(?!BASE|KEY|field\(\)).*?\s#\s(.+)$", SCRIPT, re.MULTILINE)
    return [comment.strip() for comment in comments]


def matches(said: str, printed: str) -> bool:
    return re.fullmatch(".*?".join(map(re.escape, said.split("…"))), printed) is not None


def test_the_lines_print_what_the_page_says(
    stack: Stack, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    needed(request, find_curl)
    assert "BASE=http://localhost:3000 " in SCRIPT
    script = SCRIPT.replace("http://localhost:3000", stack.endpoint).replace("fmn_dev_acme_…", stack.api_key)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=tmp_path,
        env=clean_environment() | {"NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    printed = [line for line in done.stdout.splitlines() if line]
    for said, line in zip(expected(), printed, strict=False):
        assert matches(said, line), f"{said}\nwas\n{line}"
    assert (done.returncode, len(printed)) == (0, len(expected())), done.stderr
    assert list(tmp_path.iterdir()) == []
