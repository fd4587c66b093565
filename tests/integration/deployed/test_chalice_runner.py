"""Chalice in its child: what it packs, what it says when it cannot, and that it ends with us."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.deployed import chalice_runner
from infra.deployed.chalice_runner import Project, fingerprint, pack
from infra.deployed.command import host_architecture
from infra.deployed.configuration import Stage
from infra.errors import OperatorError
from tests.unit.infra.stages import outputs

CHILD = Path(chalice_runner.__file__).with_name("chalice_child.py")


@pytest.fixture(scope="module")
def made() -> Iterator[Project]:
    stage = Stage("prod", outputs("prod"), host_architecture())
    with chalice_runner.project(stage, os.environ) as project:  # noqa: TID251 - pip's settings
        yield project


@pytest.fixture(scope="module")
def archive(made: Project) -> Path:
    return pack(made)


def test_the_zip_holds_the_engine_and_no_aws(archive: Path) -> None:
    with ZipFile(archive) as zipped:
        tops = {name.partition("/")[0] for name in zipped.namelist()}
    assert {"app.py", "chalicelib", "foreman_contract", "foreman_engine", "pydantic"} <= tops
    assert not {"boto3", "botocore", "infra", "foreman_client"} & tops


def test_a_policy_that_differs_is_another_deployment(made: Project, archive: Path) -> None:
    before = fingerprint(made, archive)
    assert fingerprint(made, archive) == before
    policy = made.folder / ".chalice" / "policy-prod-sweep.json"
    text = policy.read_text()
    policy.write_text(text.replace("dynamodb:Query", "dynamodb:Scan"))
    changed = fingerprint(made, archive)
    policy.write_text(text)
    assert changed != before


def test_another_stages_settings_are_not_this_ones(made: Project, archive: Path) -> None:
    before = fingerprint(made, archive)
    config = made.folder / ".chalice" / "config.json"
    text = config.read_text()
    config.write_text(text.replace('"stages": {', '"stages": {"other": {"xray": true},'))
    assert fingerprint(made, archive) == before
    config.write_text(text)


def test_what_chalice_cannot_do_is_told(made: Project) -> None:
    requirements = made.folder / "requirements.txt"
    text = requirements.read_text()
    requirements.write_text("./nowhere\n")
    with pytest.raises(OperatorError, match=r"could not pack the code; it said:\n"):
        pack(made)
    requirements.write_text(text)


def test_the_child_ends_when_its_parent_is_gone(made: Project) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-c",
            f"import runpy, time; m = runpy.run_path({str(CHILD)!r}); m['_end_with_parent']()",
        ],
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 1
