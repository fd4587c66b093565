"""The state stack on the emulated AWS, made from template.yaml like anywhere else."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.errors import OperatorError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_PENDING: Final = "_IN_PROGRESS"
_GOOD: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def local_session(region: str) -> Session:
    """A session that is nobody's account."""
    return Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=region)  # noqa: S106 - the emulator takes any


def ensure_state(
    session: Session, endpoint_url: str, stage: str, template: str, ends_at: float
) -> dict[str, str]:
    """Create the state stack, or update it when the template changed; data stays. Returns its outputs.

    Raises:
        OperatorError: it failed, or was not done at the monotonic instant `ends_at`.
    """
    config = Config(retries={"total_max_attempts": 1}, read_timeout=20)
    client: CloudFormationClient = session.client("cloudformation", endpoint_url=endpoint_url, config=config)
    name = f"foreman-{stage}-state"
    stack = _describe(client, name)
    change: Callable[..., object] | None = None
    if stack is None:
        change = client.create_stack
    elif str(client.get_template(StackName=name)["TemplateBody"]) != template:
        change = client.update_stack
    if change is not None:
        change(
            StackName=name,
            TemplateBody=template,
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
        )
        stack = _settled(client, name, ends_at)
    outputs = {} if stack is None else {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
    _ensure_ttl(session, endpoint_url, outputs["KeysTableName"])
    return outputs


def _describe(client: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError:
        return None  # CloudFormation has no other word for "there is none" than a validation error


def _settled(client: "CloudFormationClient", name: str, ends_at: float) -> "StackTypeDef":
    while time.monotonic() < ends_at:
        stack = _describe(client, name)
        status = "none" if stack is None else stack["StackStatus"]
        if stack is not None and status in _GOOD:
            return stack
        if not status.endswith(_PENDING):
            break
        time.sleep(0.02)
    raise OperatorError(
        f"The tables and queues of template.yaml could not be made ({name}); "
        "if .foreman/ is of an older version, remove it and try again."
    )


def _ensure_ttl(session: Session, endpoint_url: str, table: str) -> None:
    """The emulator's CloudFormation ignores TimeToLiveSpecification."""
    dynamodb = session.client("dynamodb", endpoint_url=endpoint_url)
    if (
        dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"].get("TimeToLiveStatus")
        != "ENABLED"
    ):
        dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
        )
