"""template.yaml: what holds state is kept, protected and private."""

import json
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


STATELESS = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::S3::BucketPolicy"}


def test_no_deletion_of_the_stack_deletes_data() -> None:
    for name, made in RESOURCES.items():
        if made["Type"] not in STATELESS:
            assert (made["DeletionPolicy"], made["UpdateReplacePolicy"]) == (
                "RetainExceptOnCreate",
                "Retain",
            ), name


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
    assert table["SSESpecification"]["SSEEnabled"] is True
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
    names = {name for name, made in RESOURCES.items() if made["Type"] not in STATELESS}
    for name in names:
        base = "Bucket" if name == "PayloadBucket" else name
        assert {f"{base}Name", f"{base}Arn"} <= set(TEMPLATE_BODY["Outputs"])


def test_a_key_of_ones_own_encrypts_every_table_and_the_bucket() -> None:
    def if_own(value: Any) -> dict[str, Any]:
        return {"Fn::If": ["OwnKey", value, {"Ref": "AWS::NoValue"}]}

    key = {"Ref": "KmsKeyArn"}
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["SSEType"] == if_own("KMS")
        assert table["SSESpecification"]["KMSMasterKeyId"] == if_own(key)
    (bucket,) = of_type("AWS::S3::Bucket").values()
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": {"Fn::If": ["OwnKey", "aws:kms", "AES256"]},
        "KMSMasterKeyID": if_own(key),
    }


def test_a_restored_table_finds_its_payloads() -> None:
    """Point-in-time recovery reaches back 35 days, and so do the bucket's versions."""
    (bucket,) = of_type("AWS::S3::Bucket").values()
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["replaced-and-deleted"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 35}
    assert not any("ExpirationInDays" in rule for rule in rules.values())


ALARMS = of_type("AWS::CloudWatch::Alarm")
METRICS = {
    (each["Namespace"], each["MetricName"], *(str(d["Value"]) for d in each["Dimensions"]))
    for each in ALARMS.values()
}
FUNCTIONS = ("", "-work_queue", "-dead_letters", "-sweep")


def test_an_alarm_watches_each_way_in_which_work_can_stop() -> None:
    def stage(text: str) -> str:
        return str({"Fn::Sub": text})

    def queue(name: str) -> str:
        return str({"Fn::GetAtt": f"{name}.QueueName"})

    functions = {
        ("AWS/Lambda", metric, stage(f"foreman-${{Stage}}{suffix}"))
        for metric in ("Errors", "Throttles")
        for suffix in FUNCTIONS
    }
    assert (
        functions
        | {
            ("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue("DeadLetterQueue")),
            ("AWS/SQS", "ApproximateAgeOfOldestMessage", queue("WorkQueue")),
            ("Foreman", "OldestWorkAge", str({"Ref": "Stage"})),
            ("AWS/ApiGateway", "5XXError", "foreman", str({"Ref": "Stage"})),
            ("AWS/Lambda", "Invocations", stage("foreman-${Stage}-sweep")),
        }
        == METRICS
    )


def test_a_sweep_that_never_ran_is_an_alarm_and_silence_elsewhere_is_none() -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in ALARMS.items()}
    assert missing.pop("SweepAlarm") == "breaching"
    assert set(missing.values()) == {"notBreaching"}


def test_every_alarm_can_be_left_out_and_tells_whoever_wants_to_hear() -> None:
    told = {"Fn::If": ["Told", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for name, alarm in ALARMS.items():
        assert RESOURCES[name]["Condition"] == "WithAlarms", name
        assert (alarm["AlarmActions"], alarm["OKActions"]) == (told, told), name


def test_the_dashboard_is_json_about_metrics_of_this_stage() -> None:
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    for widget in widgets:
        for metric in widget["properties"]["metrics"]:
            assert "${Stage}" in str(metric), widget["properties"]["title"]
            assert metric[0] in {"Foreman", "AWS/SQS", "AWS/Lambda", "AWS/ApiGateway"}
    places = {(widget["x"], widget["y"]) for widget in widgets}
    assert len(places) == len(widgets)
