"""Chalice's part of a deployment, by the same AWS calls in the same order, without packing anything.

MiniStack cannot import an API's definition, so Chalice itself cannot run on it alone.
"""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from infra.deployed.account import Account
from infra.deployed.chalice_runner import Project
from infra.deployed.configuration import API_HANDLER, FUNCTIONS, Stage
from infra.deployed.record import Record, Resource

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda"}, "Action": "sts:AssumeRole"}]}
QUEUES = {"work_queue": "WorkQueueArn", "dead_letters": "DeadLetterQueueArn"}


class FakeChalice:
    """Stands for chalice_runner. `version` is what it would pack; `deploys` counts how often it was asked to deploy."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.version = "1"
        self.deploys = 0

    @contextmanager
    def project(self, stage: Stage, environ: Any) -> Iterator[Project]:
        yield Project(Path("nowhere"), stage, environ)

    def pack(self, made: Project) -> Path:
        return Path(__file__)

    def fingerprint(self, made: Project, archive: Path) -> str:
        return self.version

    def deploy(self, made: Project, before: Record, say: Callable[[str], None]) -> list[Resource]:
        self.deploys += 1
        for name in FUNCTIONS:
            self._function(made.stage, before, name)
        self._rule(made.stage)
        api = before.value("rest_api", "rest_api_id") or self._api(made.stage)
        self.account.client("apigateway").create_deployment(restApiId=api, stageName=made.stage.name)
        return list(self._noted(made.stage, api))

    def delete(self, made: Project, before: Record, say: Callable[[str], None]) -> None:
        for resource in reversed(before.resources):
            self._delete(resource)

    def _function(self, stage: Stage, before: Record, name: str) -> None:
        functions = self.account.client("lambda")
        if before.value(f"{name}_role", "role_name") is None:
            role = f"{stage.stack}-{name}"
            self.account.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
        if before.value(name, "lambda_arn") is None:
            functions.create_function(
                FunctionName=stage.function(name),
                Runtime="python3.11",
                Role=f"arn:aws:iam::{self.account.account_id}:role/{stage.stack}-{name}",
                Handler=f"app.{name}",
                Code={"ZipFile": _zip()},
            )
        configured = stage.configure({"lambda_functions": {}}, {})["stages"][stage.name]
        functions.update_function_configuration(
            FunctionName=stage.function(name), Environment={"Variables": configured["environment_variables"]}
        )
        if name in QUEUES and before.value(f"{name}-sqs-event-source", "event_uuid") is None:
            functions.create_event_source_mapping(
                FunctionName=stage.function(name), EventSourceArn=stage.outputs[QUEUES[name]]
            )

    def _rule(self, stage: Stage) -> None:
        rule = f"{stage.stack}-sweep-event"
        self.account.client("events").put_rule(Name=rule, ScheduleExpression="rate(1 minute)")

    def _api(self, stage: Stage) -> str:
        gateway = self.account.client("apigateway")
        api: str = gateway.create_rest_api(name="foreman")["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        health = gateway.create_resource(restApiId=api, parentId=root, pathPart="health")["id"]
        where = {"restApiId": api, "resourceId": health, "httpMethod": "GET"}
        function = f"arn:aws:lambda:{stage.region}:{stage.account}:function:{stage.function(API_HANDLER)}"
        gateway.put_method(**where, authorizationType="NONE")
        gateway.put_integration(
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{stage.region}:lambda:path/2015-03-31/functions/{function}/invocations",
        )
        return api

    def _noted(self, stage: Stage, api: str) -> Iterator[Resource]:
        functions, here = self.account.client("lambda"), f"{stage.region}:{stage.account}"
        for name in FUNCTIONS:
            role = f"{stage.stack}-{name}"
            arn = f"arn:aws:iam::{stage.account}:role/{role}"
            yield {"name": f"{name}_role", "resource_type": "iam_role", "role_arn": arn, "role_name": role}
            function = f"arn:aws:lambda:{here}:function:{stage.function(name)}"
            yield {"name": name, "resource_type": "lambda_function", "lambda_arn": function}
            sources = functions.list_event_source_mappings(FunctionName=stage.function(name))
            for source in sources["EventSourceMappings"]:
                queue = source["EventSourceArn"]
                yield {
                    "name": f"{name}-sqs-event-source",
                    "resource_type": "sqs_event",
                    "queue_arn": queue,
                    "event_uuid": source["UUID"],
                    "queue": queue.rsplit(":", 1)[-1],
                    "lambda_arn": function,
                }
        rule = f"{stage.stack}-sweep-event"
        yield {"name": "sweep-event", "resource_type": "cloudwatch_event", "rule_name": rule}
        url = f"https://{api}.execute-api.{stage.region}.amazonaws.com/{stage.name}/"
        yield {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api, "rest_api_url": url}

    def _delete(self, resource: Resource) -> None:
        client = self.account.client
        match resource["resource_type"]:
            case "rest_api":
                client("apigateway").delete_rest_api(restApiId=resource["rest_api_id"])
            case "cloudwatch_event":
                client("events").delete_rule(Name=resource["rule_name"])
            case "sqs_event":
                client("lambda").delete_event_source_mapping(UUID=resource["event_uuid"])
            case "lambda_function":
                client("lambda").delete_function(FunctionName=resource["lambda_arn"])
            case "iam_role":
                client("iam").delete_role(RoleName=resource["role_name"])


def _zip() -> bytes:
    body = io.BytesIO()
    with ZipFile(body, "w") as zipped:
        zipped.writestr("app.py", "def api_handler(event, context): return {}\n")
    return body.getvalue()
