"""The state stack, made and updated by change sets: what is about to change is known before it does."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infra.clock import now_ms
from infra.deployed.faults import code_of
from infra.deployed.polling import wait_for
from infra.deployed.template_steps import Template, load, steps
from infra.errors import OperatorError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, ResourceChangeTypeDef, StackTypeDef

_PATIENCE_S: Final = 3600
"""A new index is filled from the whole table before CloudFormation is done."""
_STILLBORN: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
_GOOD: Final = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_UPDATABLE: Final = _GOOD | {"UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
_NOTHING: Final = ("didn't contain changes", "No updates are to be performed")
_HOLDS_DATA: Final = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A state stack as it should be. `parameters` are those to set; others keep their value, or get their default."""

    stage: str
    template: str
    parameters: Mapping[str, str]

    @property
    def stack(self) -> str:
        """The stack's name."""
        return state_stack(self.stage)


def state_stack(stage: str) -> str:
    """The name of a stage's state stack."""
    return f"foreman-{stage}-state"


def put_state(
    client: "CloudFormationClient",
    wanted: Wanted,
    say: Callable[[str], None],
    may_lose_data: Callable[[list[str]], bool],
) -> bool:
    """Create or update the state stack; whether anything changed. Can be repeated after any interruption.

    `may_lose_data` is asked, with what would go, before a table, queue or bucket is replaced or leaves the stack.

    Raises:
        OperatorError: a parameter is unknown, CloudFormation gave up, or somebody said no.
        ClientError: CloudFormation refused.
    """
    known = load(wanted.template).get("Parameters", {})
    for name in wanted.parameters:
        if name not in known:
            raise OperatorError(f"template.yaml has no parameter {name}; it has {', '.join(sorted(known))}.")
    stack = _usable(client, wanted.stack, say)
    if stack is None:
        return _apply(client, wanted, wanted.template, None, say, may_lose_data)
    texts = steps(_current(client, wanted.stack), wanted.template)
    if len(texts) > 1:
        say(f"{len(texts)} updates, because DynamoDB makes one index of a table at a time")
    changed = [_apply(client, wanted, text, stack, say, may_lose_data) for text in texts]
    return any(changed)


def find_stack(client: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """The stack of that name; None when there is none."""
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) != "ValidationError":
            raise
        return None  # CloudFormation has no other word for "there is none"


def settled(client: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """The stack once nothing is under way on it; None when there is none.

    Raises:
        OperatorError: it took more than an hour.
    """
    found: list[StackTypeDef | None] = []

    def look() -> bool | None:
        found[:] = [find_stack(client, name)]
        status = "none" if found[0] is None else found[0]["StackStatus"]
        return None if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS" else True

    wait_for(look, _PATIENCE_S, f"CloudFormation to be done with {name}")
    return found[0]


def delete_stack(client: "CloudFormationClient", name: str) -> None:
    """Delete a stack and wait until it is gone; one that is not there is no error.

    Raises:
        OperatorError: CloudFormation could not.
    """
    if settled(client, name) is None:
        return
    client.delete_stack(StackName=name)
    left = settled(client, name)
    if left is not None:
        raise OperatorError(f"{name} could not be deleted: {_reasons(client, name)}")


def _usable(client: "CloudFormationClient", name: str, say: Callable[[str], None]) -> "StackTypeDef | None":
    """The stack if it can be updated; None if it is to be created. What was never finished is removed first."""
    stack = settled(client, name)
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return None
    if stack["StackStatus"] in _STILLBORN:
        say(f"{name} was never finished ({stack['StackStatus']}); making it again")
        delete_stack(client, name)
        return None
    if stack["StackStatus"] not in _UPDATABLE:
        raise OperatorError(
            f"{name} is {stack['StackStatus']}; put it right in the CloudFormation console "
            "(Stack actions, Continue update rollback) and run this again."
        )
    return stack


def _current(client: "CloudFormationClient", name: str) -> Template:
    body: Any = client.get_template(StackName=name)["TemplateBody"]
    return load(body) if isinstance(body, str) else body


def _apply(
    client: "CloudFormationClient",
    wanted: Wanted,
    text: str,
    stack: "StackTypeDef | None",
    say: Callable[[str], None],
    may_lose_data: Callable[[list[str]], bool],
) -> bool:
    change = f"foreman-{now_ms()}"
    client.create_change_set(
        StackName=wanted.stack,
        ChangeSetName=change,
        ChangeSetType="CREATE" if stack is None else "UPDATE",
        TemplateBody=text,
        Parameters=_parameters(wanted, load(text), stack),
        Tags=[{"Key": "foreman-stage", "Value": wanted.stage}],
    )
    if not _has_changes(client, wanted.stack, change):
        client.delete_change_set(StackName=wanted.stack, ChangeSetName=change)
        return False
    changes = list(_changes(client, wanted.stack, change))
    for each in changes:
        say(
            f"{each.get('Action', '?').lower():7} {each.get('LogicalResourceId')} ({each.get('ResourceType')})"
        )
    lost = [str(each.get("LogicalResourceId")) for each in changes if _loses_data(each)]
    if lost and not may_lose_data(lost):
        client.delete_change_set(StackName=wanted.stack, ChangeSetName=change)
        raise OperatorError("Nothing was changed.")
    if stack is None:
        # A creation that fails must not leave tables behind, over which the next one stumbles: so also for older templates.
        client.execute_change_set(StackName=wanted.stack, ChangeSetName=change, RetainExceptOnCreate=True)
    else:
        client.execute_change_set(StackName=wanted.stack, ChangeSetName=change)
    after = settled(client, wanted.stack)
    if after is None or after["StackStatus"] not in _GOOD:
        raise OperatorError(f"{wanted.stack} could not be changed: {_reasons(client, wanted.stack)}")
    return True


def _parameters(wanted: Wanted, template: Template, stack: "StackTypeDef | None") -> "list[ParameterTypeDef]":
    kept = set() if stack is None else {str(each.get("ParameterKey")) for each in stack.get("Parameters", [])}
    given = {"Stage": wanted.stage, **wanted.parameters}
    known = template.get("Parameters", {})
    found: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in given.items() if name in known
    ]
    left: list[ParameterTypeDef] = [
        {"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept & set(known) - set(given))
    ]
    return found + left


def _has_changes(client: "CloudFormationClient", name: str, change: str) -> bool:
    def look() -> bool | None:
        found = client.describe_change_set(StackName=name, ChangeSetName=change)
        if found["Status"] == "CREATE_COMPLETE":
            return True
        if found["Status"] != "FAILED":
            return None
        reason = str(found.get("StatusReason", ""))
        if any(words in reason for words in _NOTHING):
            return False
        raise OperatorError(f"CloudFormation cannot change {name}: {reason}")

    return wait_for(look, 300, f"the change set of {name}")


def _changes(client: "CloudFormationClient", name: str, change: str) -> "Iterator[ResourceChangeTypeDef]":
    token: dict[str, str] = {}
    while True:
        page = client.describe_change_set(StackName=name, ChangeSetName=change, **token)  # type: ignore[arg-type]
        for each in page.get("Changes", []):
            yield each.get("ResourceChange", {})
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _loses_data(change: "ResourceChangeTypeDef") -> bool:
    goes = change.get("Action") == "Remove" or change.get("Replacement") == "True"
    return goes and change.get("ResourceType") in _HOLDS_DATA


def _reasons(client: "CloudFormationClient", name: str) -> str:
    """What CloudFormation's latest events say went wrong, the first cause first."""
    events = client.describe_stack_events(StackName=name)["StackEvents"][:50]
    failed = [
        f"{each.get('LogicalResourceId')}: {each.get('ResourceStatusReason', '')}"
        for each in reversed(events)
        if str(each.get("ResourceStatus", "")).endswith("_FAILED")
        and "cancelled" not in str(each.get("ResourceStatusReason", ""))
    ]
    return "; ".join(failed[:3]) or "its events in the console say why"
