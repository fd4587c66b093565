"""Which stack an operator's command means: the one that the AWS settings name, or else the local one that is up."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.errors import OperatorError
from infra.local.environment import aws_client
from infra.local.home import Home
from infra.local.records import stacks_up


@dataclass(frozen=True, slots=True)
class Target:
    """A stack in words for a person, and the environment in which an AWS client talks to it."""

    name: str
    environment: Mapping[str, str]


def find_target(home: Home, environ: Mapping[str, str], stage: str) -> Target:
    """The stack of that stage.

    AWS_ENDPOINT_URL wins; then a local stack that is up (the durable one, else the newest); then AWS itself, when the
    settings name a region.

    Raises:
        OperatorError: there is none.
    """
    endpoint = environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        return Target(endpoint, with_credentials(environ))
    local = next((record for record in stacks_up(home) if record.stage == stage), None)
    if local is not None:
        name = f"the local stack at {local.endpoint}"
        return Target(name, aws_client(environ, local.aws_endpoint_url, local.region))
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise OperatorError(
            f"No local stack of stage {stage} is up; start one with `make run` or `make dev`, "
            "or name one with AWS_ENDPOINT_URL and AWS_DEFAULT_REGION."
        )
    return Target(f"AWS in {region}", dict(environ))


def with_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """An emulator takes any credentials, but a client must have some."""
    if environ.get("AWS_ACCESS_KEY_ID") or environ.get("AWS_PROFILE"):
        return dict(environ)
    dummy = {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {"AWS_DEFAULT_REGION": "us-east-1", **environ, **dummy}
