"""The server's settings, and the only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from foreman_engine.domain.rates import DEFAULT_RATE, RateLimit, parse_rate

VERSION = "0.1.0"


def log_level(env: Mapping[str, str] | None = None) -> str:
    """FOREMAN_LOG_LEVEL, else POWERTOOLS_LOG_LEVEL, else INFO. Above INFO requests are not logged, and metrics not made."""
    env = os.environ if env is None else env  # noqa: TID251 - this module is the one reader
    return (env.get("FOREMAN_LOG_LEVEL") or env.get("POWERTOOLS_LOG_LEVEL") or "INFO").upper()


class SettingError(ValueError):
    """A variable of the environment is malformed; the text names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this deployment's parts are. Names follow from the stage unless the environment says otherwise."""

    stage: str
    region: str
    runs_table: str
    tasks_table: str
    run_data_table: str
    keys_table: str
    bucket: str
    work_queue: str
    dead_letter_queue: str
    aws_endpoint_url: str | None = None
    rate_limit: RateLimit | None = None
    """What a key may do that has no limit of its own; None: as much as it likes."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; `env` defaults to the process environment.

        FOREMAN_STAGE (default `dev`), FOREMAN_{RUNS,TASKS,RUN_DATA,KEYS}_TABLE, FOREMAN_BUCKET, FOREMAN_WORK_QUEUE and
        FOREMAN_DEAD_LETTER_QUEUE (names), AWS_REGION or AWS_DEFAULT_REGION, AWS_ENDPOINT_URL,
        FOREMAN_RATE_LIMIT (such as `100/15m`, the default, or `off`).

        Raises:
            SettingError: FOREMAN_RATE_LIMIT is neither a rate limit nor `off`.
        """
        env = os.environ if env is None else env  # noqa: TID251 - this module is the one reader
        stage = env.get("FOREMAN_STAGE", "dev")
        prefix = f"foreman-{stage}"
        return cls(
            stage=stage,
            region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1",
            runs_table=env.get("FOREMAN_RUNS_TABLE", f"{prefix}-runs"),
            tasks_table=env.get("FOREMAN_TASKS_TABLE", f"{prefix}-tasks"),
            run_data_table=env.get("FOREMAN_RUN_DATA_TABLE", f"{prefix}-run-data"),
            keys_table=env.get("FOREMAN_KEYS_TABLE", f"{prefix}-keys"),
            bucket=env.get("FOREMAN_BUCKET", f"{prefix}-payloads"),
            work_queue=env.get("FOREMAN_WORK_QUEUE", f"{prefix}-work"),
            dead_letter_queue=env.get("FOREMAN_DEAD_LETTER_QUEUE", f"{prefix}-dead-letters"),
            aws_endpoint_url=env.get("AWS_ENDPOINT_URL") or None,
            rate_limit=_rate_limit(env.get("FOREMAN_RATE_LIMIT") or DEFAULT_RATE),
        )


def _rate_limit(text: str) -> RateLimit | None:
    try:
        return parse_rate(text)
    except ValueError as error:
        raise SettingError(f"FOREMAN_RATE_LIMIT: {error}") from None
