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
_REGION: Final = "us-east-1"
_ROOT: Final = Path(__file__).parents[2]
_OPERATOR: Final = "test"  # the emulator's root, who may do everything
_START_S: Final = 30


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stage that is up: the API's endpoint, a key, and how to be its operator."""

    endpoint: str
    api_key: str
    aws_url: str
    stage: Stage
    session: Session

    def environment(self, access_key: str = _OPERATOR, secret: str = _OPERATOR) -> dict[str, str]:
        """The environment of a process that acts as this user."""
        return _environment(self.aws_url, access_key, secret)


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """Both stacks on MiniStack, and an organization with a key."""
    ends_at = time.monotonic() + _START_S
    with ExitStack() as up:
        dirs = up.enter_context(folders(Home(folder), ephemeral=True))
        # The child needs what this process has, and its functions inherit it.
        strict = {k: v for k, v in os.environ.items() if not k.startswith("POWERTOOLS_")} | {"AUTH": "true"}  # noqa: TID251
        url, _ = up.enter_context(ministack(dirs, strict, None, [], ends_at))
        session = Session(_OPERATOR, _OPERATOR, region_name=_REGION)
        outputs = ensure_state(session, url, STAGE, TEMPLATE.read_text(), ends_at)
        stage = Stage(STAGE, outputs)
        out = folder / "package"
        run_infra(_environment(url), "package", "--stage", STAGE, "--out", str(out))
        made = Package(out / "sam.yaml", out / "deployment.zip")
        _allow_batches(made)
        s3 = session.client("s3", endpoint_url=url)
        s3.delete_bucket_policy(
            Bucket=outputs["BucketName"]
        )  # it wants TLS, which the emulator does not speak
        api = put_code(session.client("cloudformation", endpoint_url=url), s3, stage, made)["RestAPIId"]
        key = run_infra(
            _environment(url),
            "keys",
            "create",
            "--stage",
            STAGE,
            "--org",
            ORG,
            "--rate-limit",
            "off",
            "--json",
        )
        endpoint = f"{url}/restapis/{api}/{STAGE}/_user_request_"
        yield Deployment(endpoint, json.loads(key)["apiKey"], url, stage, session)


def _allow_batches(made: Package) -> None:
    """AWS lets who may SendMessage also SendMessageBatch, and knows no permission of that name; MiniStack asks for it."""
    template = made.template.read_text()
    made.template.write_text(re.sub(r"( +- sqs:SendMessage)\n", r"\1\n\1Batch\n", template))


def run_infra(environment: Mapping[str, str], *arguments: str) -> str:
    """The output of `python -m infra`."""
    command = [sys.executable, "-m", "infra", *arguments]
    done = subprocess.run(
        command, env=environment, cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def worker_credentials(deployment: Deployment) -> tuple[str, str]:
    """A user who may do what a worker of the organization does: receive, hide and delete, nothing else."""
    iam = deployment.session.client("iam", endpoint_url=deployment.aws_url)
    actions = ("ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage")
    batches = ("ChangeMessageVisibilityBatch", "DeleteMessageBatch")  # MiniStack alone; see _allow_batches
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
def order_worker(deployment: Deployment, log: Path) -> Iterator[None]:
    """The example's worker as a process of its own, which must end well when it is asked to."""
    environment = {
        **deployment.environment(*worker_credentials(deployment)),
        "FOREMAN_ENDPOINT": deployment.endpoint,
        "FOREMAN_API_KEY": deployment.api_key,
    }
    del environment["AWS_ENDPOINT_URL"]  # the service tells it
    arguments = ["-m", "infra.local.tether", str(_ROOT / "examples" / "order_worker.py")]
    with child(arguments, environment, log, stop_s=15) as process:
        yield
    assert process.returncode == 0, log.read_text()


def _environment(url: str, access_key: str = _OPERATOR, secret: str = _OPERATOR) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FOREMAN_")}  # noqa: TID251 - for children
    credentials = {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret}
    return {**aws_client(own, url, _REGION), **credentials}


def eventually(found: Any, within_s: float = 20) -> Any:
    """What the function `found` answers, as soon as that is true."""
    ends_at = time.monotonic() + within_s
    while not (answer := found()):
        if time.monotonic() > ends_at:
            pytest.fail(f"nothing within {within_s} s")
        time.sleep(0.1)
    return answer
