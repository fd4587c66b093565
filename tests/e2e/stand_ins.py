"""Two stand-ins that together take a whole `chalice deploy`: MiniStack, and LocalStack for API Gateway alone.

MiniStack holds every role to its policies and runs the functions; it does not read Chalice's definition of the API.
LocalStack does, and knows nothing of the functions. Source: AWS's own setting for it, AWS_ENDPOINT_URL_<SERVICE>.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from boto3.session import Session

from infra.deployed.stack import find_stage
from infra.local.cloud import ensure_state
from infra.local.gateway.event import HttpRequest, build_event
from infra.local.gateway.routes import build_tree, match
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack
from tests.contract.localstack_process import running
from tests.e2e.deployment import OPERATOR, REGION, client_environment

_START_S: Final = 60
_SERVICES: Final = ("apigateway", "sts", "iam", "lambda", "s3")
"""API Gateway's own, and what LocalStack's API Gateway is made of."""
_CHALICE: Final = "import sys; from chalice.cli import main; sys.exit(main())"
_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class StandIns:
    """Both, up. `environment` is an operator's, who reaches each service where it is."""

    aws_url: str
    gateway_url: str
    environment: Mapping[str, str]

    def client(self, service: str) -> Any:
        """A client of one service, as the operator."""
        url = self.gateway_url if service == "apigateway" else self.aws_url
        session = Session(OPERATOR, OPERATOR, region_name=REGION)
        return session.client(service, endpoint_url=url)  # type: ignore[call-overload]

    def make_state(self, stage: str) -> dict[str, str]:
        """The stage's state stack; its outputs."""
        session = Session(OPERATOR, OPERATOR, region_name=REGION)
        text, ends_at = TEMPLATE.read_text(), time.monotonic() + _START_S
        ensure_state(session, self.aws_url, stage, text, ends_at)
        return dict(find_stage(self.client("cloudformation"), stage).outputs)

    def chalice(self, project: Path, *arguments: str) -> str:
        """What the command `chalice` says, run in the project by somebody who knows no more than Chalice."""
        own = {name: value for name, value in self.environment.items() if name != "PYTHONPATH"}
        constraints = str(_ROOT / "constraints.txt")
        done = subprocess.run(
            [sys.executable, "-c", _CHALICE, *arguments],
            cwd=project,
            env={**own, "PIP_CONSTRAINT": constraints, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def invoke(self, function: str, event: Any) -> Any:
        """What a function answers; it must not fail."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        body = answer["Payload"].read()
        assert "FunctionError" not in answer, body
        return json.loads(body or b"null")


@contextmanager
def stand_ins(localstack_python: Path, folder: Path) -> Iterator[StandIns]:
    """Both, each on a loopback port of its own; their data is gone afterwards."""
    strict = {**os.environ, "AUTH": "true"}  # noqa: TID251 - the child needs what this process has
    with (
        folders(Home(folder), ephemeral=True) as dirs,
        ministack(dirs, strict, None, [], time.monotonic() + _START_S) as (url, _),
        running(localstack_python, _SERVICES) as host,
    ):
        gateway = f"http://{host}"
        environment = {
            **client_environment(url, folder / "models"),
            "AWS_ENDPOINT_URL_API_GATEWAY": gateway,
        }
        yield StandIns(url, gateway, environment)


def request_event(
    routes: Mapping[str, Any], stage: str, method: str, path: str, api_key: str | None, body: Any = None
) -> dict[str, Any]:
    """What API Gateway hands to the function for a request to the resource among `routes` that it belongs to."""
    headers = [("Content-Type", "application/json")]
    if api_key is not None:
        headers.append(("Authorization", f"Bearer {api_key}"))
    raw = b"" if body is None else json.dumps(body).encode()
    found = match(build_tree(routes), path)
    assert found is not None, path
    return build_event(HttpRequest(method, path, "", headers, raw, "127.0.0.1"), found, stage, [])
