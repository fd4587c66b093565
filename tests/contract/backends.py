"""The implementations that the suite tries, each as a context manager that yields a world of its own.

A third one (an emulator in a child process, say) needs no more than an endpoint: start it, `deploy` the template there and
yield `on_aws(settings)`; then name it in BACKENDS.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from moto import mock_aws

from chalicelib.adapters.aws import aws_ports
from chalicelib.adapters.work_message import decode_work
from chalicelib.config import Settings
from foreman_engine.memory.build import memory_ports
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.ports import Ports, Work

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TEMPLATE: Final = Path(__file__).parents[2] / "template.yaml"


@dataclass(frozen=True, slots=True)
class Backend:
    """Ports under test, and the far ends of their queues."""

    ports: Ports
    receive: Callable[[str], list[str]]
    """Takes the bodies that are visible on a queue URL now."""
    receive_work: Callable[[], list[Work]]
    wait_s: Callable[[float], None]
    """Lets time pass, for what the queues keep time of."""


@contextmanager
def memory() -> Iterator[Backend]:
    """The ports in memory."""
    clock = ManualClock()
    ports = memory_ports(clock)
    yield Backend(
        ports,
        receive=lambda url: [message.body for message in ports.messages.receive(url)],
        receive_work=lambda: [message.body for message in ports.messages.work.receive(10, 30_000)],
        wait_s=lambda seconds: clock.advance(round(seconds * 1000)),
    )


@contextmanager
def moto() -> Iterator[Backend]:
    """The ports on AWS, on moto in this process."""
    with mock_aws():
        settings = Settings.from_env({"FOREMAN_STAGE": "test"})
        cloudformation = boto3.client("cloudformation", region_name=settings.region)
        with warnings.catch_warnings():
            # moto's CloudFormation knows no bucket policies, and this suite needs none.
            warnings.filterwarnings("ignore", "Tried to parse AWS::S3::BucketPolicy", UserWarning)
            outputs = deploy(cloudformation, settings.stage)
        yield on_aws(replace(settings, bucket=outputs["BucketName"]))


def deploy(cloudformation: "CloudFormationClient", stage: str) -> dict[str, str]:
    """Make everything that `template.yaml` names; the answer are its outputs."""
    name = f"foreman-{stage}-state"
    stage_parameter: Any = {"ParameterKey": "Stage", "ParameterValue": stage}
    cloudformation.create_stack(
        StackName=name, TemplateBody=TEMPLATE.read_text(), Parameters=[stage_parameter]
    )
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def on_aws(settings: Settings) -> Backend:
    """The ports on whatever AWS the settings name."""
    sqs = boto3.client("sqs", region_name=settings.region, endpoint_url=settings.aws_endpoint_url)

    def receive(url: str) -> list[str]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        return [message["Body"] for message in answer.get("Messages", [])]

    def receive_work() -> list[Work]:
        url = sqs.get_queue_url(QueueName=settings.work_queue)["QueueUrl"]
        return [decode_work(body) for body in receive(url)]

    return Backend(aws_ports(settings), receive, receive_work, time.sleep)


BACKENDS: Final[dict[str, Callable[[], AbstractContextManager[Backend]]]] = {
    "memory": memory,
    "moto": moto,
}
