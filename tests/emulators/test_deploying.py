"""Deploying, updating and removing a stage on MiniStack: what is made, that a second run changes nothing, and who may die when."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from boto3.session import Session

from infra.deployed import deploy as deploy_module
from infra.deployed import destroy as destroy_module
from infra.deployed import lock, polling
from infra.deployed.account import Account, find_account
from infra.deployed.console import Console
from infra.deployed.deploy import Options, deploy
from infra.deployed.destroy import destroy
from infra.deployed.gateway_responses import GATEWAY_RESPONSES
from infra.deployed.lock import LOCK_KEY
from infra.deployed.names import expected_outputs
from infra.deployed.record import Record, fetch_record, record_key
from infra.deployed.remains import find_remains, named_stage
from infra.deployed.status import find_status, status_json
from infra.errors import OperatorError
from infra.local.environment import aws_client
from infra.local.home import Home, folders
from infra.local.ministack import ministack
from tests.emulators.fake_chalice import FakeChalice

pytestmark = pytest.mark.emulator


@dataclass
class Operator:
    """An operator at a terminal: an account, what was printed, and what befalls them after each call to AWS."""

    account: Account
    chalice: FakeChalice
    lines: list[str] = field(default_factory=list)
    fate: Callable[[str], None] = lambda _: None

    def deploy(self, stage: str, **options: Any) -> str:
        """What `python -m infra deploy` printed."""
        chosen = Options(stage, {}, "acme", 0, break_lock=False, again=False, architecture=None)
        self.lines.clear()
        deploy(self.account, replace(chosen, **options), Console(self.lines.append, yes=True))
        return "\n".join(self.lines)

    def destroy(self, stage: str) -> str:
        """What `python -m infra destroy --yes` printed."""
        self.lines.clear()
        destroy(self.account, stage, Console(self.lines.append, yes=True), break_lock=False)
        return "\n".join(self.lines)


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    home = Home(tmp_path_factory.mktemp("home"))
    environ = dict(os.environ)  # noqa: TID251 - the child needs what this process has
    with (
        folders(home, ephemeral=True) as dirs,
        ministack(dirs, environ, None, [], time.monotonic() + 30) as (url, _),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in aws_client({}, url).items():
            patch.setenv(name, value)
        account = find_account(os.environ)  # noqa: TID251 - as a command does
        chalice = FakeChalice(account)
        patch.setattr(deploy_module, "chalice_runner", chalice)
        patch.setattr(destroy_module, "chalice_runner", chalice)
        patch.setattr(polling, "EVERY_S", 0.02)
        made = Operator(account, chalice)
        account.session.events.register("after-call.*", lambda model, **_: made.fate(model.name))
        yield made


@pytest.fixture(scope="module")
def shop(operator: Operator) -> str:
    """A stage that is up; what the first deployment printed is the first test's."""
    operator.deploy("shop")
    return "shop"


def apis(operator: Operator) -> list[str]:
    return [api["id"] for api in operator.account.client("apigateway").get_rest_apis()["items"]]


def record_of(operator: Operator, stage: str) -> Record:
    found = fetch_record(
        operator.account.client("s3"), named_stage(operator.account, stage).outputs["BucketName"], stage
    )
    assert found is not None
    return found


def test_the_first_time_everything_is_made_and_a_key_is_shown(operator: Operator) -> None:
    printed = operator.deploy("first")
    assert "add     RunsTable" in printed
    assert "fmn_first_acme_" in printed
    assert printed.endswith(":foreman_first_acme_*"), "a worker's rights are its organization's alone"
    record = record_of(operator, "first")
    assert record.value("rest_api", "rest_api_id") in apis(operator)
    assert f"https://{record.value('rest_api', 'rest_api_id')}.execute-api" in printed


def test_a_rate_limit_stays_until_another_is_given(operator: Operator) -> None:
    def limit() -> str | None:
        function = operator.account.client("lambda").get_function_configuration(FunctionName="foreman-limits")
        found: str | None = function["Environment"]["Variables"].get("FOREMAN_RATE_LIMIT")
        return found

    operator.deploy("limits")
    assert limit() is None
    for given, now in (("7/1m", "7/1m"), (None, "7/1m"), ("off", "off"), (None, "off")):
        operator.deploy("limits", rate_limit=given, again=True)
        assert limit() == now


def test_the_second_time_nothing_changes(operator: Operator, shop: str) -> None:
    there, deploys = apis(operator), operator.chalice.deploys
    printed = operator.deploy(shop)
    assert operator.chalice.deploys == deploys
    assert printed.count("nothing changed") == 2
    assert "there is one already" in printed
    assert apis(operator) == there


def test_new_code_goes_to_the_same_endpoint(
    operator: Operator, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, deploys = apis(operator), operator.chalice.deploys
    monkeypatch.setattr(operator.chalice, "version", "2")
    operator.deploy(shop)
    assert (apis(operator), operator.chalice.deploys) == (there, deploys + 1)


def test_a_change_behind_our_back_is_put_right(operator: Operator, shop: str) -> None:
    deploys = operator.chalice.deploys
    operator.account.client("lambda").update_function_configuration(
        FunctionName=f"foreman-{shop}-sweep", MemorySize=128
    )
    operator.deploy(shop)
    assert operator.chalice.deploys == deploys + 1


def test_an_endpoint_that_no_record_knows_is_found_by_its_function(operator: Operator, shop: str) -> None:
    there = apis(operator)
    bucket = named_stage(operator.account, shop).outputs["BucketName"]
    operator.account.client("s3").delete_object(Bucket=bucket, Key=record_key(shop))
    operator.deploy(shop)
    assert apis(operator) == there


def test_api_gateways_own_answers_are_set_and_mended(operator: Operator, shop: str) -> None:
    gateway = operator.account.client("apigateway")
    api = record_of(operator, shop).value("rest_api", "rest_api_id")

    def status_of(kind: str) -> str:
        answers = gateway.get_gateway_responses(restApiId=api)["items"]
        return next((str(each["statusCode"]) for each in answers if each["responseType"] == kind), "")

    kind, wanted = next(iter(GATEWAY_RESPONSES.items()))
    assert status_of(kind) == str(wanted.status)
    gateway.put_gateway_response(restApiId=api, responseType=kind, statusCode="418")
    operator.deploy(shop)
    assert status_of(kind) == str(wanted.status)


def test_logs_are_kept_for_thirty_days_unless_somebody_said_otherwise(operator: Operator) -> None:
    logs = operator.account.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/foreman-logs")
    logs.put_retention_policy(logGroupName="/aws/lambda/foreman-logs", retentionInDays=90)
    operator.deploy("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/foreman-logs")["logGroups"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        "/aws/lambda/foreman-logs": 90,
        "/aws/lambda/foreman-logs-work_queue": 30,
        "/aws/lambda/foreman-logs-dead_letters": 30,
        "/aws/lambda/foreman-logs-sweep": 30,
    }


def test_triggers_that_chalice_made_alone_learn_partial_answers(operator: Operator, shop: str) -> None:
    functions, function = operator.account.client("lambda"), f"foreman-{shop}-work_queue"
    [source] = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=source["UUID"], FunctionResponseTypes=[])
    operator.deploy(shop)
    [source] = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_an_unknown_parameter_is_named(operator: Operator, shop: str) -> None:
    with pytest.raises(OperatorError, match="no parameter Colour"):
        operator.deploy(shop, parameters={"Colour": "red"})


def test_names_without_a_stack_are_those_that_the_stack_tells(operator: Operator, shop: str) -> None:
    told = named_stage(operator.account, shop)
    expected = expected_outputs(shop, operator.account.account_id, operator.account.region, "aws")
    urls = {name for name in expected if name.endswith("Url")}  # the emulator's are its own
    assert {name: told.outputs[name] for name in expected if name not in urls} == {
        name: value for name, value in expected.items() if name not in urls
    }


def test_status_of_a_stage_whose_sweep_never_ran(operator: Operator, shop: str) -> None:
    operator.account.client("logs").delete_log_group(logGroupName=f"/aws/lambda/foreman-{shop}-sweep")
    assert find_status(operator.account, shop).last_sweep_at is None


def test_status_tells_versions_queues_and_what_there_is(operator: Operator, shop: str) -> None:
    found = find_status(operator.account, shop)
    assert (found.template_is_current, found.state_status) == (True, "CREATE_COMPLETE")
    assert found.code is not None
    assert found.code.fingerprint == operator.chalice.version
    assert {queue.organization for queue in found.queues} == {None, "acme"}
    wire = json.loads(status_json(found))
    assert {"stage", "code", "endpoint", "health", "queues", "alarms", "lastSweepAt"} <= set(wire)
    assert isinstance(wire["code"]["at"], int)
    assert set(wire["queues"][0]) == {"name", "organization", "waiting", "inFlight", "delayed"}
    with pytest.raises(OperatorError, match="no stage elsewhere"):
        find_status(operator.account, "elsewhere")


def test_a_protected_stage_is_not_removed_until_somebody_says_so(operator: Operator) -> None:
    operator.deploy("kept", parameters={"DeletionProtection": "on"})
    with pytest.raises(OperatorError, match="--deletion-protection off"):
        operator.destroy("kept")
    assert len(find_remains(operator.account, "kept").tables) == 4
    operator.deploy("kept")
    assert all(table.protected for table in find_remains(operator.account, "kept").tables), (
        "it stays as it was"
    )
    operator.deploy("kept", parameters={"DeletionProtection": "off"})
    operator.destroy("kept")
    assert find_remains(operator.account, "kept").is_nothing


def test_from_another_region_nothing_of_a_stage_is_touched(operator: Operator, shop: str) -> None:
    """Its roles and its bucket can be seen from there, and its protected tables cannot."""
    there = Session(region_name="eu-west-1")
    away = replace(operator.account, session=there, region="eu-west-1", _clients={})
    with pytest.raises(OperatorError, match="add --region us-east-1"):
        destroy(away, shop, Console(yes=True), break_lock=False)
    with pytest.raises(OperatorError, match="add --region us-east-1"):
        find_status(away, shop)
    with pytest.raises(OperatorError, match="add --region us-east-1"):
        Operator(away, operator.chalice).deploy(shop)


def test_tables_that_outlived_their_stack_are_protected_still_and_the_way_out_is_told(
    operator: Operator,
) -> None:
    operator.deploy("orphan", parameters={"DeletionProtection": "on"})
    operator.account.client("cloudformation").delete_stack(StackName="foreman-orphan-state")
    with pytest.raises(
        OperatorError, match="--no-deletion-protection-enabled --table-name foreman-orphan-runs"
    ):
        operator.destroy("orphan")


def test_a_queue_that_is_gone_and_still_listed_is_in_nobodys_way(operator: Operator) -> None:
    """As SQS does it for a minute; MiniStack forgets a queue at once."""
    operator.deploy("fading")
    sqs = operator.account.client("sqs")
    [one, *_] = [queue.name for queue in find_status(operator.account, "fading").queues if queue.organization]
    url = sqs.get_queue_url(QueueName=one)["QueueUrl"]

    def listed(parsed: dict[str, list[str]], **_: Any) -> None:
        parsed["QueueUrls"] = sorted({*parsed.get("QueueUrls", []), url})

    sqs.delete_queue(QueueUrl=url)
    sqs.meta.events.register("after-call.sqs.ListQueues", listed)
    try:
        assert one not in [queue.name for queue in find_status(operator.account, "fading").queues]
        assert "is gone" in operator.destroy("fading")
    finally:
        sqs.meta.events.unregister("after-call.sqs.ListQueues", listed)


def test_code_that_is_a_stack_is_left_to_whoever_made_it(operator: Operator) -> None:
    topic = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    operator.account.client("cloudformation").create_stack(StackName="foreman-sam", TemplateBody=topic)
    with pytest.raises(OperatorError, match=r"is the stack foreman-sam \(CREATE_COMPLETE.*--package-only"):
        operator.deploy("sam")
    assert not find_remains(operator.account, "sam").state_stack


def test_nothing_is_left_of_a_removed_stage_and_another_is_untouched(operator: Operator) -> None:
    operator.deploy("gone")
    operator.deploy("gone2")
    bucket = named_stage(operator.account, "gone").outputs["BucketName"]
    for n in range(3):
        operator.account.client("s3").put_object(Bucket=bucket, Key=f"acme/{n}", Body=b"payload")
    assert "foreman_gone_acme_" in operator.destroy("gone")
    assert find_remains(operator.account, "gone").is_nothing
    assert "There is nothing" in operator.destroy("gone")
    other = find_remains(operator.account, "gone2")
    assert (len(other.tables), len(other.queue_urls), len(other.organization_queue_urls)) == (4, 2, 4)
    assert other.record.value("rest_api", "rest_api_id") in apis(operator)


class PowerCutError(Exception):
    """The operator's machine is off."""


HARMLESS = ("Get", "List", "Describe", "Head", "Query", "CreateRestApi", "CreateResource", "PutMethod")
"""Calls that leave nothing behind; and those that only the fake makes one by one, where Chalice imports an API at once."""


@pytest.fixture
def dying(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[str]]:
    """Runs a command again and again; each time it dies after the first call of a kind that it has not died of yet."""
    seen: list[str] = []

    def die(call: str) -> None:
        if not call.startswith(HARMLESS) and call not in seen:
            seen.append(call)
            raise PowerCutError(call)

    def run(command: Callable[[], object]) -> list[str]:
        seen.clear()
        while True:
            try:
                command()
            except PowerCutError:
                continue
            return seen

    monkeypatch.setattr(lock, "is_alive", lambda _: False)
    monkeypatch.setattr(operator, "fate", die)
    return run


def test_whoever_dies_after_whatever_call_the_next_one_finishes(operator: Operator, dying: Any) -> None:
    before = apis(operator)
    died_of = dying(lambda: operator.deploy("dying"))
    assert {
        "ExecuteChangeSet",
        "PutObject",
        "CreateFunction",
        "CreateEventSourceMapping",
        "PutIntegration",
    } <= set(died_of)
    assert {"PutGatewayResponse", "CreateDeployment", "DeleteObject"} <= set(died_of)
    assert len(apis(operator)) == len(before) + 1
    printed = operator.deploy("dying")
    assert printed.count("nothing changed") == 2
    sources = operator.account.client("lambda").list_event_source_mappings(
        FunctionName="foreman-dying-work_queue"
    )
    assert len(sources["EventSourceMappings"]) == 1
    held = operator.account.client("s3").list_objects_v2(
        Bucket=named_stage(operator.account, "dying").outputs["BucketName"], Prefix=LOCK_KEY
    )
    assert "Contents" not in held
    died_of = dying(lambda: operator.destroy("dying"))
    assert {
        "DeleteStack",
        "DeleteTable",
        "DeleteQueue",
        "DeleteObjects",
        "DeleteBucket",
        "DeleteFunction",
    } <= set(died_of)
    assert find_remains(operator.account, "dying").is_nothing
    assert apis(operator) == before
