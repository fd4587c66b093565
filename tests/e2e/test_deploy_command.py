"""`python -m infra deploy`: made by one command, unchanged by the same again, updated from a second clone, looked at, and gone."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from app import app
from infra.deployed.configuration import API_HANDLER
from infra.deployed.stack import find_stage
from tests.e2e.deployment import ORG, run_infra
from tests.e2e.stand_ins import StandIns, request_event

STAGE: Final = "command"
ROOT: Final = Path(__file__).parents[2]
OPTIONS: Final = ("--stage", STAGE)


@pytest.fixture(scope="module")
def environment(stand_ins: StandIns) -> Mapping[str, str]:
    return stand_ins.environment


@pytest.fixture(scope="module")
def said(environment: Mapping[str, str]) -> str:
    """What the first deployment says."""
    return run_infra(environment, "deploy", *OPTIONS, "--yes", "--org", ORG)


def endpoint(said: str) -> str:
    found = re.search(r"https://\S+", said)
    assert found is not None, said
    return found[0]


def not_cloned(folder: str, names: list[str]) -> set[str]:
    """What a clone does not have, or the command does not need."""
    hidden = {name for name in names if name.startswith(".") and name != ".chalice"}
    remembered = {"deployed", "deployments"} if Path(folder).name == ".chalice" else set()
    return hidden | remembered | {"__pycache__", "tests", "docs", "build"}


def ask(stand_ins: StandIns, method: str, path: str, key: str | None, body: Any = None) -> tuple[int, Any]:
    """What the deployed function answers to a request."""
    stage = find_stage(stand_ins.client("cloudformation"), STAGE)
    event = request_event(app.routes, STAGE, method, path, key, body)
    answer = stand_ins.invoke(stage.function(API_HANDLER), event)
    return answer["statusCode"], json.loads(answer["body"])


def test_one_command_leaves_a_stage_that_answers_to_the_key_it_prints(stand_ins: StandIns, said: str) -> None:
    [key] = re.findall(r"fmn_command_acme_\w+", said)[:1]
    assert ask(stand_ins, "GET", "/health", None)[1]["status"] == "healthy"
    status, run = ask(stand_ins, "POST", "/api/v1/runs", key, {"inputData": None})
    assert (status, run["orgId"]) == (201, ORG)
    assert ask(stand_ins, "GET", "/api/v1/runs", None)[0] == 401


def test_the_same_again_changes_nothing(environment: Mapping[str, str], said: str) -> None:
    again = run_infra(environment, "deploy", *OPTIONS, "--yes", "--org", ORG)
    assert endpoint(again) == endpoint(said)
    assert again.count("nothing changed") >= 2
    assert "fmn_" not in again


def test_a_second_clone_updates_the_same_endpoint(
    environment: Mapping[str, str], said: str, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(ROOT, clone, symlinks=True, ignore=not_cloned)
    version = clone / "chalicelib" / "config.py"
    version.write_text(version.read_text().replace('VERSION = "', 'VERSION = "99.'))
    updated = run_infra(environment, "deploy", *OPTIONS, "--yes", folder=clone)
    assert endpoint(updated) == endpoint(said)
    assert "99." in updated


def test_the_status_tells_version_and_health(environment: Mapping[str, str], said: str) -> None:
    assert said
    found = json.loads(run_infra(environment, "status", *OPTIONS, "--json"))
    assert "healthy" in json.dumps(found)


def test_a_question_that_nobody_answers_is_a_no(environment: Mapping[str, str], said: str) -> None:
    assert said
    asked = subprocess.run(
        [sys.executable, "-m", "infra", "destroy", *OPTIONS],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (asked.returncode, "--yes" in asked.stderr) == (1, True)
    assert "healthy" in run_infra(environment, "status", *OPTIONS, "--json")


def test_everything_goes(environment: Mapping[str, str], stand_ins: StandIns, said: str) -> None:
    assert said
    run_infra(environment, "destroy", *OPTIONS, "--yes")
    again = run_infra(environment, "destroy", *OPTIONS, "--yes")
    assert f"There is nothing of stage {STAGE}" in again
    functions = stand_ins.client("lambda").list_functions()["Functions"]
    assert [each["FunctionName"] for each in functions if STAGE in each["FunctionName"]] == []
