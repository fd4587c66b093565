"""The stacks of a stage on CloudFormation: what the state stack says, and the code's stack beside it."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import WaiterError

from infra.deployed.configuration import CODE_FOLDER, Stage
from infra.deployed.names import expected_outputs
from infra.deployed.package import Package
from infra.deployed.state import find_stack, state_stack
from infra.errors import OperatorError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import StackTypeDef, WaiterConfigTypeDef
    from mypy_boto3_s3 import S3Client

_CAPABILITIES: Final[Sequence["CapabilityType"]] = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


def find_stage(client: "CloudFormationClient", stage: str, architecture: str | None = None) -> Stage:
    """The stage with what its state stack says.

    Raises:
        OperatorError: there is no such stack, or it is not one of template.yaml that was made to its end.
    """
    name = state_stack(stage)
    stack = find_stack(client, name)
    if stack is None:
        raise OperatorError(
            f"There is no stack {name} here; `python -m infra deploy --stage {stage}` makes it, and so does "
            "CloudFormation from template.yaml."
        )
    return Stage(stage, whole_outputs(stack), architecture)


def put_code(
    client: "CloudFormationClient", s3: "S3Client", stage: Stage, package: Package
) -> dict[str, str]:
    """Create or update the code's stack, and return its outputs when it is done. Every content has a name of its own.

    Raises:
        OperatorError: CloudFormation gave up, or was not done within ten minutes.
        ClientError: it refused the template, or the update because nothing has changed.
    """
    archive = _upload(s3, stage, package.archive.read_bytes(), ".zip")
    bucket = stage.outputs["BucketName"]
    template = package.template.read_text().replace("./deployment.zip", f"s3://{bucket}/{archive}")
    # From S3, because a request takes no template of this size.
    key = _upload(s3, stage, template.encode(), ".yaml")
    try:
        _change(client, stage.stack, f"{s3.meta.endpoint_url}/{bucket}/{key}")
    except WaiterError as error:
        raise OperatorError(f"{stage.stack} was not made; CloudFormation's events say why: {error}") from None
    stack = find_stack(client, stage.stack)
    return {} if stack is None else outputs_of(stack)


def _change(client: "CloudFormationClient", name: str, url: str) -> None:
    patience: WaiterConfigTypeDef = {"Delay": 1, "MaxAttempts": 600}
    if find_stack(client, name) is None:
        client.create_stack(StackName=name, TemplateURL=url, Capabilities=_CAPABILITIES)
        client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=patience)
    else:
        client.update_stack(StackName=name, TemplateURL=url, Capabilities=_CAPABILITIES)
        client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=patience)


def _upload(s3: "S3Client", stage: Stage, body: bytes, suffix: str) -> str:
    key = f"{CODE_FOLDER}/{hashlib.sha256(body).hexdigest()}{suffix}"
    s3.put_object(Bucket=stage.outputs["BucketName"], Key=key, Body=body)
    return key


def whole_outputs(stack: "StackTypeDef") -> dict[str, str]:
    """A state stack's outputs, of which none may be missing.

    Raises:
        OperatorError: one is: the stack was not made to its end, or from another template.
    """
    outputs = outputs_of(stack)
    missing = sorted(expected_outputs("", "", "", "").keys() - outputs.keys())
    if missing:
        raise OperatorError(
            f"{stack['StackName']} is {stack['StackStatus']} and has no output {missing[0]}; wait until it is made, "
            "or run `python -m infra deploy`, which makes it anew if that failed."
        )
    return outputs


def outputs_of(stack: "StackTypeDef") -> dict[str, str]:
    """A stack's outputs by name."""
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
