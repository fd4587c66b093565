"""A deployed Foreman on an emulated AWS of its own, which holds every role and user to its policies."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import botocore.loaders
import pytest
from boto3.session import Session

from infra.deployed.configuration import Stage
from infra.deployed.package import Package
from infra.deployed.stack import put_code
from infra.local.cloud import ensure_state
from infra.local.environment import aws_client
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack
from infra.local.tether import child

STAGE: Final = "e2e"
ORG: Final = "acme"
REGION: Final = "us-east-1"
_ROOT: Final = Path(__file__).parents[2]
OPERATOR: Final = "test"  # the emulator's root, who may do everything
_START_S: Final = 30


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stage that is up: the API's endpoint, a key, and how to be its operator."""

    endpoint: str
    api_key: str
    aws_url: str
    folder: Path
    stage: Stage
    package: Package
    session: Session

    def environment(self, access_key: str = OPERATOR, secret: str = OPERATOR) -> dict[str, str]:
        """The environment of a process that acts as this user."""
        return client_environment(self.aws_url, self.folder, access_key, secret)


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """Both stacks on MiniStack, and an organization with a key."""
    ends_at = time.monotonic() + _START_S
    with ExitStack() as up:
        dirs = up.enter_context(folders(Home(folder), ephemeral=True))
        # The child needs what this process has, and its functions inherit it.
        strict = {k: v for k, v in os.environ.items() if not k.startswith("POWERTOOLS_")} | {"AUTH": "true"}  # noqa: TID251
        url, _ = up.enter_context(ministack(dirs, strict, None, [], ends_at))
        session = Session(OPERATOR, OPERATOR, region_name=REGION)
        outputs = ensure_state(session, url, STAGE, TEMPLATE.read_text(), ends_at)
        stage = Stage(STAGE, outputs)
        out = folder / "package"
        run_infra(client_environment(url, folder), "package", "--stage", STAGE, "--out", str(out))
        made = Package(out / "sam.yaml", out / "deployment.zip")
        made.template.write_text(allow_batches(made.template.read_text()))
        s3 = session.client("s3", endpoint_url=url)
        s3.delete_bucket_policy(
            Bucket=outputs["BucketName"]
        )  # it wants TLS, which the emulator does not speak
        api = put_code(session.client("cloudformation", endpoint_url=url), s3, stage, made)["RestAPIId"]
        key = run_infra(
            client_environment(url, folder),
            *("keys", "create", "--stage", STAGE, "--org", ORG, "--rate-limit", "off", "--json"),
        )
        endpoint = f"{url}/restapis/{api}/{STAGE}/_user_request_"
        yield Deployment(endpoint, json.loads(key)["apiKey"], url, folder, stage, made, session)


def allow_batches(policies: str) -> str:
    """Policies, in YAML or JSON, for MiniStack.

    AWS lets who may SendMessage also SendMessageBatch, and knows no permission of that name; MiniStack asks for it.
    """
    return re.sub(r'( +- )?("?)sqs:SendMessage("?,?)\n', _with_batches, policies)


def _with_batches(found: re.Match[str]) -> str:
    bullet, quote, end = found[1] or "", found[2], found[3]
    if quote:
        return f'"sqs:SendMessageBatch", "sqs:SendMessage{end}\n'
    return f"{bullet}sqs:SendMessage\n{bullet}sqs:SendMessageBatch\n"


def run_infra(environment: Mapping[str, str], *arguments: str, folder: Path = _ROOT) -> str:
    """The output of `python -m infra`, run in a working copy."""
    command = [sys.executable, "-m", "infra", *arguments]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def worker_credentials(deployment: Deployment) -> tuple[str, str]:
    """A user who may do what a worker of the organization does: receive, hide and delete, nothing else."""
    iam = deployment.session.client("iam", endpoint_url=deployment.aws_url)
    actions = ("ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage")
    batches = ("ChangeMessageVisibilityBatch", "DeleteMessageBatch")  # MiniStack alone; see allow_batches
    statement = {
        "Effect": "Allow",
        "Action": [f"sqs:{action}" for action in actions + batches],
        "Resource": f"arn:aws:sqs:*:*:foreman_{STAGE}_{ORG}_*",
    }
    iam.create_user(UserName="worker")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="worker", PolicyName="work", PolicyDocument=policy)
    key = iam.create_access_key(UserName="worker")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@contextmanager
def worker_process(deployment: Deployment, keys: tuple[str, str], program: Path, log: Path) -> Iterator[None]:
    """A worker's program as a process of its own, which must end well when it is asked to."""
    environment = {
        **deployment.environment(*keys),
        "FOREMAN_ENDPOINT": deployment.endpoint,
        "FOREMAN_API_KEY": deployment.api_key,
    }
    del environment["AWS_ENDPOINT_URL"]  # the service tells it
    with child(["-m", "infra.local.tether", str(program)], environment, log, stop_s=15) as process:
        yield
    assert process.returncode == 0, log.read_text()


def invoke(deployment: Deployment, function: str, event: dict[str, Any]) -> Any:
    """What the deployed function answers; it must not fail."""
    cloud = deployment.session.client("cloudformation", endpoint_url=deployment.aws_url)
    found = cloud.describe_stack_resource(StackName=deployment.stage.stack, LogicalResourceId=function)
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    functions = deployment.session.client("lambda", endpoint_url=deployment.aws_url)
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    body = answer["Payload"].read()
    assert "FunctionError" not in answer, body
    return json.loads(body or b"null")


def assert_removed(deployment: Deployment) -> None:
    """Nothing of the stage is left: neither what its stacks made nor what the service made."""

    def client(service: str) -> Any:
        return deployment.session.client(service, endpoint_url=deployment.aws_url)  # type: ignore[call-overload]

    stacks = client("cloudformation").describe_stacks()["Stacks"]
    left = {
        "stacks": [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"],
        "functions": client("lambda").list_functions()["Functions"],
        "triggers": client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "rules": client("events").list_rules()["Rules"],
        "roles": client("iam").list_roles()["Roles"],
        "APIs": client("apigateway").get_rest_apis()["items"],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "buckets": client("s3").list_buckets()["Buckets"],
    }
    assert {kind: found for kind, found in left.items() if found} == {}


def client_environment(
    url: str, models: Path, access_key: str = OPERATOR, secret: str = OPERATOR
) -> dict[str, str]:
    """An environment in which this user is a client of the emulated AWS; `models` is a folder for what that needs."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FOREMAN_")}  # noqa: TID251 - for children
    credentials = {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret}
    _shorten_waits(models)
    return {**aws_client(own, url, REGION), **credentials, "AWS_DATA_PATH": str(models)}


def _shorten_waits(models: Path) -> None:
    """Let AWS's waiters look ten times a second instead of every few seconds: nothing takes long here."""
    for service, version in (("lambda", "2015-03-31"), ("dynamodb", "2012-08-10")):
        place = models / service / version / "waiters-2.json"
        if not place.exists():
            model = botocore.loaders.create_loader().load_service_model(service, "waiters-2", version)
            waiters = {
                name: {**waiter, "delay": 0.1, "maxAttempts": 600}
                for name, waiter in model["waiters"].items()
            }
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({**model, "waiters": waiters}))


def eventually(found: Any, within_s: float = 20) -> Any:
    """What the function `found` answers, as soon as that is true."""
    ends_at = time.monotonic() + within_s
    while not (answer := found()):
        if time.monotonic() > ends_at:
            pytest.fail(f"nothing within {within_s} s")
        time.sleep(0.1)
    return answer
