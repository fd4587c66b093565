"""`chalice deploy` itself, after `python -m infra configure`: everything it makes is there, and works, and goes away."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from app import app
from foreman_contract.service import DEFAULT_TASK_QUEUE
from foreman_engine.domain.queues import physical_name
from foreman_engine.domain.work import Work, encode_work
from infra.deployed.configuration import Stage
from infra.deployed.project import copy_project
from infra.deployed.stack import find_stage
from infra.local.trigger_events import scheduled_event
from tests.e2e.deployment import ORG, allow_batches, eventually, run_infra
from tests.e2e.stand_ins import StandIns, request_event

STAGE: Final = "plain"
FUNCTIONS: Final = {
    "api_handler": f"foreman-{STAGE}",
    **{name: f"foreman-{STAGE}-{name}" for name in ("work_queue", "dead_letters", "sweep")},
}
"""Chalice gives the first its application's name and the others theirs behind it."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What `chalice deploy` made of the project, and an API key of the stage."""

    on: StandIns
    project: Path
    stage: Stage
    api_key: str

    @property
    def settings(self) -> dict[str, Any]:
        """The project's configuration."""
        return dict(json.loads((self.project / ".chalice" / "config.json").read_text()))

    @property
    def api_id(self) -> str:
        """The REST API in Chalice's record."""
        record = json.loads((self.project / ".chalice" / "deployed" / f"{STAGE}.json").read_text())
        [api] = [each for each in record["resources"] if each["resource_type"] == "rest_api"]
        return str(api["rest_api_id"])

    def function(self, name: str) -> dict[str, Any]:
        """How Lambda describes the function that handles `name`."""
        return dict(self.on.client("lambda").get_function_configuration(FunctionName=FUNCTIONS[name]))

    def ask(self, method: str, path: str, body: Any = None, api_key: str | None = None) -> tuple[int, Any]:
        """The status and JSON that the deployed function answers to a request."""
        event = request_event(app.routes, STAGE, method, path, api_key or self.api_key, body)
        answer = self.on.invoke(FUNCTIONS["api_handler"], event)
        return answer["statusCode"], json.loads(answer["body"])

    def create(self, path: str, **body: Any) -> Any:
        """What a POST creates."""
        status, made = self.ask("POST", path, body)
        assert status == 201, made
        return made

    def waiting(self) -> tuple[int, int]:
        """How many task messages are visible, and how many are delayed."""
        sqs = self.on.client("sqs")
        url = sqs.get_queue_url(QueueName=physical_name(STAGE, ORG, DEFAULT_TASK_QUEUE))["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesDelayed"])


@pytest.fixture(scope="module")
def deployed(stand_ins: StandIns, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    project = tmp_path_factory.mktemp("plain") / "app"
    copy_project(project)
    outputs = stand_ins.make_state(STAGE)
    stand_ins.client("s3").delete_bucket_policy(Bucket=outputs["BucketName"])  # it wants TLS
    run_infra(stand_ins.environment, "configure", "--stage", STAGE, "--project", str(project))
    for policy in (project / ".chalice").glob(f"policy-{STAGE}-*.json"):
        policy.write_text(allow_batches(policy.read_text()))
    stand_ins.chalice(project, "deploy", "--stage", STAGE)
    made = run_infra(stand_ins.environment, "keys", "create", "--stage", STAGE, "--org", ORG, "--json")
    stage = find_stage(stand_ins.client("cloudformation"), STAGE)
    return Deployed(stand_ins, project, stage, json.loads(made)["apiKey"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_a_role_of_its_own_with_our_policy_and_nothing_else(
    deployed: Deployed, name: str
) -> None:
    iam, role = deployed.on.client("iam"), f"foreman-{STAGE}-{name}"
    assert deployed.function(name)["Role"].endswith(f":role/{role}")
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    found = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    file = deployed.project / ".chalice" / deployed.stage.policy_file(name)
    assert found == json.loads(file.read_text())
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    [trust] = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_as_it_is_configured(deployed: Deployed, name: str) -> None:
    found, settings = deployed.function(name), deployed.settings
    of_function, of_stage = settings["lambda_functions"][name], settings["stages"][STAGE]
    assert found["Runtime"] == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert found["MemorySize"] == of_function["lambda_memory_size"]
    assert found["Timeout"] == of_function["lambda_timeout"]
    assert found["Architectures"] == [of_stage["lambda_architecture"]]
    assert found["Environment"]["Variables"] == of_stage["environment_variables"]
    assert of_stage["environment_variables"]["FOREMAN_WORK_QUEUE"] == deployed.stage.outputs["WorkQueueName"]


@pytest.mark.parametrize("name", ["work_queue", "dead_letters"])
def test_each_queue_triggers_its_function(deployed: Deployed, name: str) -> None:
    found = deployed.on.client("lambda").list_event_source_mappings(FunctionName=FUNCTIONS[name])
    [trigger] = found["EventSourceMappings"]
    queue = {"work_queue": "WorkQueueArn", "dead_letters": "DeadLetterQueueArn"}[name]
    assert trigger["EventSourceArn"] == deployed.stage.outputs[queue]
    assert (trigger["BatchSize"], trigger["State"]) == (10, "Enabled")


def test_the_schedule_triggers_the_sweep_every_minute(deployed: Deployed) -> None:
    events = deployed.on.client("events")
    [rule] = events.list_rules(NamePrefix=f"foreman-{STAGE}-")["Rules"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == deployed.function("sweep")["FunctionArn"]
    policy = deployed.on.client("lambda").get_policy(FunctionName=FUNCTIONS["sweep"])["Policy"]
    assert "events.amazonaws.com" in policy


def test_the_created_api_has_every_route_of_the_app_and_no_other(deployed: Deployed) -> None:
    found = deployed.on.client("apigateway").get_resources(
        restApiId=deployed.api_id, embed=["methods"], limit=500
    )["items"]
    routes = {
        (resource["path"], method) for resource in found for method in resource.get("resourceMethods", {})
    }
    assert routes == {(path, method) for path, entries in app.routes.items() for method in entries}
    assert len(routes) > 20


def test_every_method_calls_the_function_with_the_whole_request(deployed: Deployed) -> None:
    gateway, arn = deployed.on.client("apigateway"), deployed.function("api_handler")["FunctionArn"]
    for resource in gateway.get_resources(restApiId=deployed.api_id, embed=["methods"], limit=500)["items"]:
        for name in resource.get("resourceMethods", {}):
            where = {"restApiId": deployed.api_id, "resourceId": resource["id"], "httpMethod": name}
            method = gateway.get_method(**where)
            integration = method["methodIntegration"]
            assert (integration["type"], integration["httpMethod"]) == ("AWS_PROXY", "POST"), resource["path"]
            assert f":lambda:path/2015-03-31/functions/{arn}/invocations" in integration["uri"]
            assert (method["authorizationType"], method["apiKeyRequired"]) == ("NONE", False)


def test_the_stage_serves_what_was_deployed_and_may_call_the_function(deployed: Deployed) -> None:
    gateway = deployed.on.client("apigateway")
    [stage] = gateway.get_stages(restApiId=deployed.api_id)["item"]
    assert stage["stageName"] == STAGE
    deployments = gateway.get_deployments(restApiId=deployed.api_id)["items"]
    assert stage["deploymentId"] in {each["id"] for each in deployments}
    policy = json.loads(
        deployed.on.client("lambda").get_policy(FunctionName=FUNCTIONS["api_handler"])["Policy"]
    )
    [statement] = policy["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert f":{deployed.api_id}/" in json.dumps(statement["Condition"])


def test_the_deployed_function_answers_requests_under_its_own_role(deployed: Deployed) -> None:
    status, health = deployed.ask("GET", "/health")
    assert (status, health["status"], health["environment"]) == (200, "healthy", STAGE)
    run = deployed.create("/api/v1/runs", inputData={"n": 1}, autoComplete=True)
    task = deployed.create(
        "/api/v1/tasks", runId=run["id"], type="t", inputData=1, delaySeconds=60, enqueue=True
    )
    assert deployed.waiting() == (0, 1)
    assert deployed.ask("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "completed"})[0] == 200
    entry = {"taskId": task["id"], "key": "k", "value": 1, "tags": ["a"]}
    data = f"/api/v1/runs/{run['id']}/data"
    assert deployed.create(data, **entry)["value"] == 1
    assert len(deployed.ask("GET", data)[1]["data"]) == 1
    assert deployed.ask("GET", f"/api/v1/runs/{run['id']}")[1]["status"] == "completed"
    assert deployed.ask("GET", "/api/v1/runs", api_key="fmn_plain_acme_" + "x" * 40)[0] == 401
    assert [deployed.ask("GET", "/nowhere")[0], deployed.ask("PUT", "/api/v1/runs", {})[0]] == [404, 405]


def test_a_message_on_the_work_queue_is_worked_off(deployed: Deployed) -> None:
    """A task whose message is gone is named by a hint; the function that the queue triggers sends the message again."""
    run = deployed.create("/api/v1/runs", inputData=None)
    task = deployed.create("/api/v1/tasks", runId=run["id"], type="t", inputData=1, enqueue=True)
    sqs = deployed.on.client("sqs")
    sqs.purge_queue(
        QueueUrl=sqs.get_queue_url(QueueName=physical_name(STAGE, ORG, DEFAULT_TASK_QUEUE))["QueueUrl"]
    )
    assert deployed.waiting() == (0, 0)
    url = sqs.get_queue_url(QueueName=deployed.stage.outputs["WorkQueueName"])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=encode_work(Work(ORG, run["id"], task["id"])))
    eventually(lambda: deployed.waiting() == (1, 0))


def test_the_sweep_may_do_its_work(deployed: Deployed) -> None:
    run = deployed.create("/api/v1/runs", inputData=None)
    deployed.create("/api/v1/tasks", runId=run["id"], type="t", inputData=1, enqueue=True, delaySeconds=901)
    before = deployed.waiting()

    def swept() -> bool:
        deployed.on.invoke(FUNCTIONS["sweep"], scheduled_event("sweep", "us-east-1"))
        return deployed.waiting() == (before[0], before[1] + 1)

    eventually(swept)


def test_deployed_again_it_is_the_same_api_and_then_all_of_it_goes(deployed: Deployed) -> None:
    before, on = deployed.api_id, deployed.on
    on.chalice(deployed.project, "deploy", "--stage", STAGE)
    assert deployed.api_id == before
    assert deployed.ask("GET", "/health")[0] == 200
    on.chalice(deployed.project, "delete", "--stage", STAGE)
    mine = f"foreman-{STAGE}"
    names = [
        *(each["FunctionName"] for each in on.client("lambda").list_functions()["Functions"]),
        *(
            each["FunctionArn"].rsplit(":", 1)[-1]
            for each in on.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ),
        *(each["RoleName"] for each in on.client("iam").list_roles()["Roles"]),
        *(each["Name"] for each in on.client("events").list_rules()["Rules"]),
    ]
    assert [name for name in names if name.startswith(mine)] == []
    assert before not in {each["id"] for each in on.client("apigateway").get_rest_apis()["items"]}
