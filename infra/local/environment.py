"""The environment of the local stack's processes: which AWS they talk to, and never a real one by accident."""

from collections.abc import Mapping
from typing import Final

REGION: Final = "us-east-1"
"""Fixed, because the emulator keeps regions apart: another one would begin with nothing."""
STAGE: Final = "dev"
ORG: Final = "local"
RATE_LIMIT: Final = "FOREMAN_RATE_LIMIT"
"""The deployment's own rate limit: the one setting of the server that a person may choose for a local stack."""
_FOREIGN: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_REGION")


def aws_client(base: Mapping[str, str], aws_endpoint_url: str, region: str = REGION) -> dict[str, str]:
    """`base` with everything a process needs to be a client of this emulator, and nothing of the person's own account."""
    foreign = (*_FOREIGN, *(name for name in base if name.startswith("AWS_ENDPOINT_URL")))
    return {
        **{name: value for name, value in base.items() if name not in foreign},
        "AWS_ENDPOINT_URL": aws_endpoint_url,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def server(base: Mapping[str, str], aws_endpoint_url: str, outputs: Mapping[str, str]) -> dict[str, str]:
    """`aws_client` plus the rate limit, the log level and the names of the state stack, as the deployed functions get them."""
    own = {
        name: value
        for name, value in base.items()
        if not name.startswith("FOREMAN_") or name in (RATE_LIMIT, "FOREMAN_LOG_LEVEL")
    }
    return {**aws_client(own, aws_endpoint_url), **names(STAGE, outputs)}


def names(stage: str, outputs: Mapping[str, str]) -> dict[str, str]:
    """The server's own variables, from the outputs of the stage's state stack."""
    return {
        "FOREMAN_STAGE": stage,
        "FOREMAN_RUNS_TABLE": outputs["RunsTableName"],
        "FOREMAN_TASKS_TABLE": outputs["TasksTableName"],
        "FOREMAN_RUN_DATA_TABLE": outputs["RunDataTableName"],
        "FOREMAN_KEYS_TABLE": outputs["KeysTableName"],
        "FOREMAN_BUCKET": outputs["BucketName"],
        "FOREMAN_WORK_QUEUE": outputs["WorkQueueName"],
        "FOREMAN_DEAD_LETTER_QUEUE": outputs["DeadLetterQueueName"],
    }
