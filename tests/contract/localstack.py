"""The queues on LocalStack's SQS, the closest stand-in for AWS's; everything else of the ports stays in memory."""

import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from localstack_client.session import Session

from chalicelib.adapters.sqs import SqsMessages
from chalicelib.adapters.system import SystemClock
from chalicelib.config import Settings
from foreman_engine.memory.build import memory_ports
from foreman_engine.service.ports import Ports
from tests.contract.backends import Backend
from tests.contract.consumers import SqsConsumer

_CHILD: Final = Path(__file__).with_name("localstack_child.py")
_START_S: Final = 60
_STOP_S: Final = 5


@contextmanager
def localstack(python: Path) -> Iterator[Backend]:
    """The queues on a LocalStack of their own, run by `python`."""
    settings = Settings.from_env({"FOREMAN_STAGE": "test"})
    with _running(python) as host:
        sqs = client(host)
        _make_state_queues(sqs, settings)
        memory = memory_ports(SystemClock())
        messages = SqsMessages(sqs, settings.stage, settings.work_queue, settings.dead_letter_queue)
        ports = Ports(
            **{field.name: getattr(memory, field.name) for field in fields(Ports)} | {"messages": messages}
        )
        yield Backend(ports, SqsConsumer(sqs, settings.work_queue, settings.dead_letter_queue))


def client(host: str) -> Any:
    """An SQS client of the LocalStack at `host` (name and port), whatever AWS the environment names."""
    with patch.dict(os.environ):  # noqa: TID251 - LocalStack's client reads it
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "USE_SSL"):
            os.environ.pop(name, None)  # noqa: TID251
        return Session(localstack_host=host).client("sqs")


def _make_state_queues(sqs: Any, settings: Settings) -> None:
    """The two queues that the deployment owns; LocalStack runs without CloudFormation here."""
    dead = sqs.create_queue(QueueName=settings.dead_letter_queue)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 100})
    sqs.create_queue(QueueName=settings.work_queue, Attributes={"RedrivePolicy": redrive})


@contextmanager
def _running(python: Path) -> Iterator[str]:
    """LocalStack as a child on a free loopback port: its host name and port."""
    folder = tempfile.mkdtemp(prefix="foreman-localstack-")
    port = _free_port()
    log = Path(folder) / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), "-P", str(_CHILD), folder],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(port, folder),
            start_new_session=True,
        )
    try:
        _await_ready(port, process, log)
        yield f"127.0.0.1:{port}"
    finally:
        _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(port: int, folder: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": folder,
        "TMPDIR": folder,
        "FILESYSTEM_ROOT": f"{folder}/root",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_SERVER": "hypercorn",  # the others listen on every interface
        "SERVICES": "sqs",
        "STRICT_SERVICE_LOADING": "1",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "OVERRIDE_IN_DOCKER": "0",
        "DNS_ADDRESS": "0",
    }


def _await_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + _START_S
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > ends_at:
            raise RuntimeError(f"LocalStack did not come up: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_localstack/health")
        answer = connection.getresponse()
        services = json.load(answer).get("services", {})
        return answer.status == http.client.OK and services.get("sqs") in ("available", "running")
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
