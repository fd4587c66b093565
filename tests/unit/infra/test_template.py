"""template.yaml: what holds state is kept, protected and private."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.home import TEMPLATE


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Sub x` is `{Fn::Sub: x}`."""


def short_form(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    else:
        assert isinstance(node, yaml.SequenceNode)
        value = loader.construct_sequence(node, deep=True)
    return {name if name == "Ref" else f"Fn::{name}": value}


Loader.add_multi_constructor("!", short_form)

TEMPLATE_BODY: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader)
RESOURCES: dict[str, Any] = TEMPLATE_BODY["Resources"]


def of_type(kind: str) -> dict[str, Any]:
    return {name: made["Properties"] for name, made in RESOURCES.items() if made["Type"] == kind}


def test_it_is_cloudformation() -> None:
    lint = [str(Path(sys.executable).with_name("cfn-lint")), str(TEMPLATE)]
    found = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_no_deletion_of_the_stack_deletes_data() -> None:
    for name, made in RESOURCES.items():
        if made["Type"] != "AWS::S3::BucketPolicy":
            assert (made["DeletionPolicy"], made["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


@pytest.mark.parametrize(
    "table", of_type("AWS::DynamoDB::Table").values(), ids=lambda t: t["TableName"]["Fn::Sub"]
)
def test_tables_are_on_demand_recoverable_encrypted_and_protected(table: dict[str, Any]) -> None:
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["Protected", True, False]}


def test_only_keys_expire() -> None:
    expiring = [n for n, t in of_type("AWS::DynamoDB::Table").items() if "TimeToLiveSpecification" in t]
    assert expiring == ["KeysTable"]


def test_what_the_work_queue_gives_up_on_is_kept_for_two_weeks() -> None:
    queues = of_type("AWS::SQS::Queue")
    assert queues["WorkQueue"]["RedrivePolicy"]["maxReceiveCount"] == 100
    assert queues["DeadLetterQueue"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())


def test_the_bucket_is_private_and_its_name_is_the_accounts_own() -> None:
    (bucket,) = of_type("AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "${AWS::AccountId}" in bucket["BucketName"]["Fn::Sub"]
    (policy,) = of_type("AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_everything_that_holds_state_is_an_output() -> None:
    names = {name for name, made in RESOURCES.items() if made["Type"] != "AWS::S3::BucketPolicy"}
    for name in names:
        base = "Bucket" if name == "PayloadBucket" else name
        assert {f"{base}Name", f"{base}Arn"} <= set(TEMPLATE_BODY["Outputs"])
