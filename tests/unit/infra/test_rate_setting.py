"""The deployment's rate limit on its way to the server."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

from chalicelib.config import Settings
from foreman_engine.domain.rates import RateLimit
from infra.deployed.configuration import Stage
from infra.local import environment
from infra.local.home import TEMPLATE

OUTPUTS = {
    name: name
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


def test_a_local_stack_takes_it_from_its_environment_and_no_other_setting() -> None:
    given = {"FOREMAN_RATE_LIMIT": "5/10s", "FOREMAN_STAGE": "prod"}
    variables = environment.server(given, "http://127.0.0.1:1", OUTPUTS)
    settings = Settings.from_env(variables)
    assert (settings.rate_limit, settings.stage) == (RateLimit(5, 10), "dev")


def test_a_deployed_stage_gets_it_with_its_configuration() -> None:
    def variables(limit: str | None) -> dict[str, str]:
        configured = Stage("prod", OUTPUTS, rate_limit=limit).configure({"lambda_functions": {}}, {})
        found: dict[str, str] = configured["stages"]["prod"]["environment_variables"]
        return found

    assert variables("off")["FOREMAN_RATE_LIMIT"] == "off"
    assert "FOREMAN_RATE_LIMIT" not in variables(None)


def test_what_is_deployed_gives_way_to_whatever_else_is_said() -> None:
    stage = Stage("prod", OUTPUTS, deployed_rate_limit="1/1m")
    base: dict[str, Any] = {"lambda_functions": {}}
    said = {"environment_variables": {"FOREMAN_RATE_LIMIT": "2/1m"}}

    def limit(of: Stage, base: dict[str, Any], own: dict[str, Any]) -> Any:
        return of.configure(base, own)["stages"]["prod"]["environment_variables"]["FOREMAN_RATE_LIMIT"]

    assert limit(stage, base, {}) == "1/1m"
    assert limit(stage, {**base, "stages": {"prod": said}}, {}) == limit(stage, base, said) == "2/1m"
    assert limit(replace(stage, rate_limit="3/1m"), base, said) == "3/1m"


def test_a_server_with_a_malformed_one_does_not_start() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import app"],
        cwd=TEMPLATE.parent,
        env={"FOREMAN_RATE_LIMIT": "many", "PYTHONPATH": ":".join([str(TEMPLATE.parent), *sys.path[1:]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "SettingError: FOREMAN_RATE_LIMIT: 'many' is no rate limit" in ended.stderr
