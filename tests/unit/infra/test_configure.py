"""Writing a stage into .chalice/: what Chalice reads afterwards, and what it leaves alone."""

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from chalice.config import Config

from infra.deployed import project as project_module
from infra.deployed.configuration import Stage
from infra.deployed.project import BY_CHALICE, BY_FOREMAN, ROOT, chalice_environment, configure, recall
from infra.deployed.record import Record
from infra.errors import OperatorError
from tests.unit.infra.stages import outputs, stage

FUNCTIONS = ("api_handler", "work_queue", "dead_letters", "sweep")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    return tmp_path


def read(project: Path) -> Any:
    return json.loads((project / ".chalice/config.json").read_text())


def write(project: Path, value: Any) -> None:
    (project / ".chalice/config.json").write_text(json.dumps(value))


def seen_by_chalice(project: Path, stage: str, function: str) -> Config:
    return Config(
        stage, function, config_from_disk=read(project), default_params={"project_dir": str(project)}
    )


def test_chalice_finds_the_stages_own_settings_beside_the_common_ones(project: Path) -> None:
    configure(project, stage("prod"), BY_CHALICE)
    for function in FUNCTIONS:
        seen = seen_by_chalice(project, "prod", function)
        assert seen.environment_variables["FOREMAN_STAGE"] == "prod"
        assert seen.environment_variables["FOREMAN_RUNS_TABLE"] == "foreman-prod-runs"
        assert seen.tags["foreman-stage"] == "prod"
        assert seen.api_gateway_stage == "prod"
        policy = json.loads((project / ".chalice" / seen.iam_policy_file).read_text())
        assert "${" not in json.dumps(policy)
    assert seen_by_chalice(project, "prod", "api_handler").lambda_memory_size == 1024


def test_a_second_time_changes_nothing(project: Path) -> None:
    assert len(configure(project, stage("prod"), BY_CHALICE)) == 1 + len(FUNCTIONS)
    assert configure(project, stage("prod"), BY_CHALICE) == []


def test_other_stages_stay_as_they_are(project: Path) -> None:
    configure(project, stage("dev"), BY_CHALICE)
    before = read(project)
    configure(project, stage("prod"), BY_CHALICE)
    assert read(project)["stages"]["dev"] == before["stages"]["dev"]
    assert {key: read(project)[key] for key in before if key != "stages"} == {
        key: value for key, value in before.items() if key != "stages"
    }


def test_keys_written_by_hand_win_over_all_but_the_names_of_the_state(project: Path) -> None:
    mine = {
        "subnet_ids": ["subnet-1"],
        "log_retention_in_days": 90,
        "environment_variables": {"FOREMAN_STAGE": "wrong", "LOG_LEVEL": "DEBUG"},
        "lambda_functions": {"sweep": {"iam_policy_file": "mine.json", "lambda_memory_size": 256}},
    }
    write(project, {**read(project), "stages": {"prod": mine}})
    configure(project, stage("prod"), BY_CHALICE)
    sweep = seen_by_chalice(project, "prod", "sweep")
    assert (sweep.iam_policy_file, sweep.lambda_memory_size) == ("mine.json", 256)
    assert (sweep.subnet_ids, sweep.log_retention_in_days) == (["subnet-1"], 90)
    assert (sweep.environment_variables["LOG_LEVEL"], sweep.environment_variables["FOREMAN_STAGE"]) == (
        "DEBUG",
        "prod",
    )


def test_whoever_deploys_says_how_batches_are_answered(project: Path) -> None:
    for own, whole in ((BY_CHALICE, "true"), (BY_FOREMAN, "false"), (BY_CHALICE, "true")):
        configure(project, stage("prod"), own)
        variables = seen_by_chalice(project, "prod", "work_queue").environment_variables
        assert variables["FOREMAN_WHOLE_BATCHES"] == whole


def test_log_retention_set_by_hand_is_taken_out_where_it_would_break_chalices_template(project: Path) -> None:
    write(project, {**read(project), "stages": {"prod": {"log_retention_in_days": 90}}})
    configure(project, stage("prod"), BY_FOREMAN)
    assert seen_by_chalice(project, "prod", "sweep").log_retention_in_days is None


def test_an_emulator_gets_its_own_architecture(project: Path) -> None:
    configure(project, Stage("dev", outputs("dev"), "x86_64"), BY_CHALICE)
    assert seen_by_chalice(project, "dev", "sweep").lambda_architecture == "x86_64"
    configure(project, stage("prod"), BY_CHALICE)
    assert seen_by_chalice(project, "prod", "sweep").lambda_architecture == "arm64"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_broken_configuration_is_named(project: Path, text: str) -> None:
    (project / ".chalice/config.json").write_text(text)
    with pytest.raises(OperatorError, match=r"config\.json"):
        configure(project, stage("prod"), BY_CHALICE)


def test_a_fresh_clone_learns_what_chalice_made_before(project: Path) -> None:
    record = Record([{"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "abc"}], None)
    assert recall(project, record, "prod") == [project / ".chalice/deployed/prod.json"]
    seen = seen_by_chalice(project, "prod", "sweep").deployed_resources("prod")
    assert seen.resource_values("rest_api")["rest_api_id"] == "abc"
    assert recall(project, record, "prod") == []


def test_pip_finds_the_pins_of_a_clone_whose_path_has_blanks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "my clone"
    clone.mkdir()
    (clone / "constraints.txt").touch()
    monkeypatch.setattr(project_module, "ROOT", clone)
    [place] = chalice_environment(stage("prod"), {}, aws=True)["PIP_CONSTRAINT"].split()  # as pip splits it
    assert Path(unquote(urlsplit(place).path)) == clone / "constraints.txt"
