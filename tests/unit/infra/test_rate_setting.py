"""The deployment's rate limit on its way to the server."""

import subprocess
import sys

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
        configured = Stage("prod", OUTPUTS, rate_limit=limit).configure({})
        found: dict[str, str] = configured["stages"]["prod"]["environment_variables"]
        return found

    assert variables("off")["FOREMAN_RATE_LIMIT"] == "off"
    assert "FOREMAN_RATE_LIMIT" not in variables(None)


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
