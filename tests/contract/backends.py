"""The implementations that the suite tries, each as a context manager that yields a world of its own."""

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import pytest
from boto3.session import Session
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from benchmarks.dynamodb_local import dynamodb_local_aws
from benchmarks.dynamodb_local_install import DynamoDbLocal
from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_engine.memory.build import memory_ports
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.ports import Ports
from infra.local import environment
from infra.local.cloud import ensure_state, local_session
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack
from tests.contract.consumers import Consumer, MemoryConsumer, SqsConsumer

_START_S: Final = 30


@dataclass(frozen=True, slots=True)
class Backend:
    """Ports under test, and the far ends of their queues."""

    ports: Ports
    consumer: Consumer
    shared: Settings | None = None
    """How another process reaches the same world; None: no other can."""


@contextmanager
def memory() -> Iterator[Backend]:
    """The ports in memory."""
    clock = ManualClock()
    ports = memory_ports(clock)
    yield Backend(ports, MemoryConsumer(ports.messages, clock))


@contextmanager
def moto() -> Iterator[Backend]:
    """The ports on AWS, on moto in this process."""
    with moto_aws() as (settings, session):
        yield on_aws(settings, session)


@contextmanager
def moto_aws() -> Iterator[tuple[Settings, Session]]:
    """Everything that `template.yaml` names, on moto in this process."""
    with mock_aws(), _one_request_at_a_time():
        settings = Settings.from_env({"FOREMAN_STAGE": "test"})
        session = local_session(settings.region)
        with warnings.catch_warnings():
            # moto's CloudFormation knows no bucket policies, and this suite needs none.
            warnings.filterwarnings("ignore", "Tried to parse AWS::S3::BucketPolicy", UserWarning)
            outputs = _deploy(session, settings.stage)
        yield replace(settings, bucket=outputs["BucketName"]), session


@contextmanager
def _one_request_at_a_time() -> Iterator[None]:
    """Moto copies the table before a transaction and puts the copy back when it is refused, whoever wrote meanwhile."""
    lock, answer = threading.Lock(), DynamoHandler.call_action

    def alone(handler: Any) -> Any:
        with lock:
            return answer(handler)

    with patch.object(DynamoHandler, "call_action", alone):
        yield


def _deploy(session: Session, stage: str) -> dict[str, str]:
    cloudformation: Any = session.client("cloudformation")
    stack = {"StackName": f"foreman-{stage}-state"}
    given = {
        "Stage": stage,
        "Alarms": "off",
        "Dashboard": "off",
    }  # of which moto's CloudFormation knows nothing
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    cloudformation.create_stack(**stack, TemplateBody=TEMPLATE.read_text(), Parameters=parameters)
    [made] = cloudformation.describe_stacks(**stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}


@contextmanager
def emulator() -> Iterator[Backend]:
    """The ports on AWS, on a MiniStack of their own."""
    ends_at = time.monotonic() + _START_S
    with (
        TemporaryDirectory() as home,
        folders(Home(Path(home)), ephemeral=True) as made,
        ministack(made, dict(os.environ), None, [], ends_at) as (url, _),  # noqa: TID251 - for a child
    ):
        session = local_session(environment.REGION)
        outputs = ensure_state(session, url, "test", TEMPLATE.read_text(), ends_at)
        settings = Settings.from_env({**environment.server({}, url, outputs), "FOREMAN_STAGE": "test"})
        yield replace(on_aws(settings, session), shared=settings)


@contextmanager
def on_dynamodb_local(installed: DynamoDbLocal) -> Iterator[Backend]:
    """The tables on a DynamoDB Local of their own. There are no queues: a call to one raises, the consumer's too."""
    with dynamodb_local_aws(installed) as (settings, session, _):
        yield on_aws(settings, session)


def on_aws(settings: Settings, session: Session) -> Backend:
    """The ports on whatever AWS the settings name."""
    sqs = session.client("sqs", endpoint_url=settings.aws_endpoint_url)
    consumer = SqsConsumer(sqs, settings.work_queue, settings.dead_letter_queue)
    return Backend(aws_ports(settings, session), consumer)


_MOTO: Final = pytest.param("moto", marks=pytest.mark.integration)
_MINISTACK: Final = pytest.param("ministack", marks=pytest.mark.emulator)
_LOCALSTACK: Final = pytest.param("localstack", marks=pytest.mark.emulator)
_DYNAMODB_LOCAL: Final = pytest.param("dynamodb-local", marks=pytest.mark.emulator)


def _on(*backends: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("backend", list(backends), indirect=True, scope="module")


EVERY: Final = ("memory", _MOTO, _MINISTACK)
"""What every test of a store runs on."""
ON_QUEUES: Final = _on(*EVERY, _LOCALSTACK)
"""For a module that tests queues alone: it runs on LocalStack as well."""
ON_TABLES: Final = _on("memory", _MOTO, _DYNAMODB_LOCAL)
"""For a module that tests stores without queues and large payloads: AWS's own DynamoDB Local stands in for MiniStack."""
ON_STORES: Final = _on("memory", _MOTO)
"""For a module that goes through many megabytes, whoever emulates AWS."""
ON_DYNAMODB: Final = _on("memory", _DYNAMODB_LOCAL)
"""For a module that makes so many reads that only a fast DynamoDB will do."""
ON_MEMORY: Final = _on("memory")
ON_DYNAMODB_LOCAL: Final = _on(_DYNAMODB_LOCAL)
"""For tests that try many examples in memory, and few where each takes longer."""
ON_SQS: Final = _on(_MOTO, _MINISTACK, _LOCALSTACK)
"""For a module that looks at SQS itself."""
BACKENDS: Final[dict[str, Callable[[], AbstractContextManager[Backend]]]] = {
    "memory": memory,
    "moto": moto,
    "ministack": emulator,
}
