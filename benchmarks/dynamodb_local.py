"""AWS's own DynamoDB Local for a measurement: pages, indexes and read units as DynamoDB has them. Its write units are too low."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from boto3.session import Session

from benchmarks.dynamodb_local_install import JAR, DynamoDbLocal, dynamodb_local_installed
from benchmarks.state_tables import create_tables
from benchmarks.usage import RefusedCallError, Usage
from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_engine.service.ports import Ports
from infra.local.cloud import local_session
from infra.local.home import TEMPLATE
from infra.local.tether import child

_STAGE: Final = "test"
_HEAP: Final = "-Xmx512m"
_START_S: Final = 30


@contextmanager
def dynamodb_local_ports(installed: DynamoDbLocal | None = None) -> Iterator[tuple[Ports, Usage]]:
    """The AWS ports on a DynamoDB Local of their own, and what they consume there. Read units are AWS's; write units are not.

    Only DynamoDB is there: whatever goes to SQS or S3, and any DynamoDB call but reads and writes of items, raises
    RefusedCallError.

    Raises:
        NotMadeError: it is not installed and cannot be.
    """
    with dynamodb_local_aws(installed) as (settings, session, usage):
        yield aws_ports(settings, session), usage


@contextmanager
def dynamodb_local_aws(
    installed: DynamoDbLocal | None = None,
) -> Iterator[tuple[Settings, Session, Usage]]:
    """The tables of template.yaml on a DynamoDB Local of their own: as `dynamodb_local_ports`, but one makes the clients."""
    with dynamodb_local(installed or dynamodb_local_installed(print)) as url:
        settings = Settings.from_env({"FOREMAN_STAGE": _STAGE, "AWS_ENDPOINT_URL": url})
        create_tables(local_session(settings.region).client("dynamodb", endpoint_url=url), _STAGE)
        session, usage = local_session(settings.region), Usage()
        usage.watch(session)
        for service in ("sqs", "s3"):
            session.events.register(f"provide-client-params.{service}", _refuse)
        yield settings, session, usage


@contextmanager
def dynamodb_local(installed: DynamoDbLocal) -> Iterator[str]:
    """A DynamoDB Local without tables, as a child in memory on a free port: its URL."""
    with TemporaryDirectory(prefix="foreman-dynamodb-") as folder:
        port, log = _free_port(), Path(folder) / "log"
        command = [installed.java, _HEAP, "-Djava.library.path=DynamoDBLocal_lib", "-jar", JAR]
        options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
        arguments = ["-m", "benchmarks.dynamodb_local_child", str(installed.folder), *command, *options]
        with child(arguments, _environment(), log) as process:
            _await_ready(port, process, log)
            yield f"http://127.0.0.1:{port}"


def _refuse(model: Any, **_: Any) -> None:
    raise RefusedCallError(f"{model.name} was called, and there is only DynamoDB here")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    base = dict(os.environ)  # noqa: TID251 - for a child
    return {
        **base,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(TEMPLATE.parent), base.get("PYTHONPATH")])),
    }


def _await_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + _START_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > ends_at:
            raise RuntimeError(f"DynamoDB Local did not come up: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.client.BAD_REQUEST  # a request that nobody signed
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
