"""What lies on the queues of the stage."""

from typing import Final

from foreman_engine.domain.queues import physical_name
from tests.e2e.deployment import ORG, STAGE, Deployment

QUEUE: Final = "deployed:tasks"
"""What worker.py works on, and no test leaves anything behind on."""


def queue_url(deployment: Deployment, logical: str = QUEUE) -> str:
    """The URL of the organization's task queue of that name."""
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    return str(sqs.get_queue_url(QueueName=physical_name(STAGE, ORG, logical))["QueueUrl"])


def depth(deployment: Deployment, url: str) -> tuple[int, int]:
    """How many messages are visible or with a consumer, and how many are delayed."""
    sqs = deployment.session.client("sqs", endpoint_url=deployment.aws_url)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    visible, taken = found["ApproximateNumberOfMessages"], found["ApproximateNumberOfMessagesNotVisible"]
    return int(visible) + int(taken), int(found["ApproximateNumberOfMessagesDelayed"])
