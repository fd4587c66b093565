"""The state stack when CloudFormation does not do as it should."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deployed import polling
from infra.deployed.stack import find_stage
from infra.deployed.state import Wanted, delete_stack, put_state
from infra.errors import OperatorError

TEMPLATE = json.dumps(
    {
        "Parameters": {
            "Stage": {"Type": "String"},
            "KmsKeyArn": {"Type": "String"},
            "New": {"Type": "String"},
        },
        "Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}}},
    }
)
TABLE = {"LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table"}


@dataclass
class FakeCloudFormation:
    """One stack. `statuses` are those it goes through with each change; `changes` what a change set says."""

    status: str | None = None
    after: str = "CREATE_COMPLETE"
    changes: list[dict[str, Any]] = field(default_factory=lambda: [{"Action": "Add", **TABLE}])
    calls: list[str] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, str]] = field(default_factory=list)

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - as boto3 spells it
        if self.status is None:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no"}}, "DescribeStacks")
        parameters = [{"ParameterKey": "Stage"}, {"ParameterKey": "KmsKeyArn"}, {"ParameterKey": "Old"}]
        return {"Stacks": [{"StackName": StackName, "StackStatus": self.status, "Parameters": parameters}]}

    def get_template(self, **_: str) -> Any:
        return {"TemplateBody": TEMPLATE}

    def create_change_set(self, **sent: Any) -> None:
        self.calls.append(sent["ChangeSetType"])
        self.sent = sent

    def describe_change_set(self, **_: str) -> Any:
        if not self.changes:
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}
        return {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": each} for each in self.changes]}

    def execute_change_set(self, **sent: Any) -> None:
        self.calls.append(
            "execute" + (" and clean up after a failure" if sent.get("RetainExceptOnCreate") else "")
        )
        self.status = self.after

    def delete_change_set(self, **_: str) -> None:
        self.calls.append("delete the change set")

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete the stack")
        self.status = self.after if self.after == "DELETE_FAILED" else None

    def describe_stack_events(self, **_: str) -> Any:
        return {"StackEvents": self.events}


def put(fake: FakeCloudFormation, *, may_lose: bool = False, **parameters: str) -> bool:
    wanted = Wanted("prod", TEMPLATE, parameters)
    return put_state(fake, wanted, lambda _: None, lambda _: may_lose)  # type: ignore[arg-type]


def test_a_new_stack_leaves_nothing_behind_when_it_fails() -> None:
    fake = FakeCloudFormation()
    assert put(fake)
    assert fake.calls == ["CREATE", "execute and clean up after a failure"]


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"])
def test_a_stack_that_was_never_finished_is_made_again(status: str) -> None:
    fake = FakeCloudFormation(status)
    assert put(fake)
    assert fake.calls[:2] == ["delete the stack", "CREATE"]


def test_a_change_set_that_nobody_executed_is_no_stack() -> None:
    fake = FakeCloudFormation("REVIEW_IN_PROGRESS")
    assert put(fake)
    assert fake.calls[0] == "CREATE"


def test_no_changes_are_no_fault() -> None:
    fake = FakeCloudFormation("UPDATE_COMPLETE", changes=[])
    assert not put(fake)
    assert fake.calls == ["UPDATE", "delete the change set"]


def test_parameters_keep_their_values_unless_they_are_given_or_gone() -> None:
    fake = FakeCloudFormation("UPDATE_COMPLETE", after="UPDATE_COMPLETE")
    put(fake, New="1")
    assert {each["ParameterKey"]: each.get("ParameterValue") for each in fake.sent["Parameters"]} == {
        "Stage": "prod",
        "New": "1",
        "KmsKeyArn": None,
    }


@pytest.mark.parametrize("change", [{"Action": "Remove"}, {"Action": "Modify", "Replacement": "True"}])
def test_data_is_lost_only_when_somebody_agrees(change: dict[str, str]) -> None:
    fake = FakeCloudFormation("UPDATE_COMPLETE", "UPDATE_COMPLETE", [{**change, **TABLE}])
    with pytest.raises(OperatorError, match="Nothing was changed"):
        put(fake)
    assert fake.calls == ["UPDATE", "delete the change set"]
    assert put(fake, may_lose=True)


def test_a_failure_tells_its_first_causes() -> None:
    reasons = [
        ("Second", "Resource creation cancelled"),
        ("Table", "Table already exists: foreman-prod-runs"),
    ]
    events = [
        {"LogicalResourceId": name, "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": reason}
        for name, reason in reasons
    ]
    fake = FakeCloudFormation(after="ROLLBACK_COMPLETE", events=events)
    with pytest.raises(
        OperatorError, match=r"could not be changed: Table: Table already exists: foreman-prod-runs$"
    ):
        put(fake)


def test_a_stack_that_needs_a_person_is_left_to_one() -> None:
    with pytest.raises(OperatorError, match="Continue update rollback"):
        put(FakeCloudFormation("UPDATE_ROLLBACK_FAILED"))


def test_a_stack_that_cannot_be_deleted_says_so() -> None:
    with pytest.raises(OperatorError, match="could not be deleted"):
        delete_stack(FakeCloudFormation("CREATE_COMPLETE", "DELETE_FAILED"), "foreman-prod-state")  # type: ignore[arg-type]


def test_what_is_under_way_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCloudFormation("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
    monkeypatch.setattr(polling, "sleep", lambda _: setattr(fake, "status", "UPDATE_COMPLETE"))
    assert put(fake)


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_a_stack_that_does_not_tell_its_names_yet_is_not_worked_with(status: str) -> None:
    with pytest.raises(OperatorError, match=f"foreman-prod-state is {status} and has no output BucketArn"):
        find_stage(FakeCloudFormation(status), "prod")  # type: ignore[arg-type]
