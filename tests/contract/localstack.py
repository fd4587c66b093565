"""The queues on LocalStack's SQS, the closest stand-in for AWS's; everything else of the ports stays in memory."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest.mock import patch

from localstack_client.session import Session

from chalicelib.adapters.sqs import SqsMessages
from chalicelib.adapters.system import SystemClock
from chalicelib.config import Settings
from foreman_engine.memory.build import memory_ports
from foreman_engine.service.ports import Ports
from tests.contract.backends import Backend
from tests.contract.consumers import SqsConsumer
from tests.contract.localstack_process import running


@contextmanager
def localstack(python: Path) -> Iterator[Backend]:
    """The queues on a LocalStack of their own, run by `python`."""
    settings = Settings.from_env({"FOREMAN_STAGE": "test"})
    with running(python, ["sqs"]) as host:
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
