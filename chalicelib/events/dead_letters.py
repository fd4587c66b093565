"""The deployment's dead-letter queue, which only Foreman reads: what SQS gave up on is sent afresh or settled."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from chalice.app import Blueprint, SQSEvent
from pydantic import ValidationError

from chalicelib.bootstrap import services
from chalicelib.config import Settings
from chalicelib.events.batches import each_record
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.queues import organization_of
from foreman_engine.domain.work import decode_work
from foreman_engine.service.dead_letters import Revival, revive

blueprint = Blueprint(__name__)
_logger = Logger(service="foreman")
_WORK_AGAIN_S: Final = 900


@blueprint.on_sqs_message(queue=Settings.from_env().dead_letter_queue, batch_size=10, name="dead_letters")
def dead_letters(event: SQSEvent) -> dict[str, Any]:
    """Do what each dead letter calls for."""
    return each_record(event.to_dict(), _revive, whole=services().settings.whole_batches)


def _revive(record: Mapping[str, Any]) -> None:
    """A letter is believed only for the organization of the queue it came from, which SQS itself says."""
    settings = services().settings
    source = str(record["attributes"].get("DeadLetterQueueSourceArn", "")).rsplit(":", 1)[-1]
    if source == settings.work_queue:
        _work_again(record["body"])
        return
    org_id = organization_of(settings.stage, source)
    message = _task_message(record["body"])
    if org_id is None or message is None:
        _logger.error("a dead letter that is no task message was dropped", extra={"org_id": org_id})
        return
    outcome = revive(services().ports, org_id, message)
    _count(outcome)
    _logger.warning(
        "dead letter", extra={"org_id": org_id, "task_id": message.task_id, "outcome": outcome.value}
    )


def _count(outcome: Revival) -> None:
    with single_metric("DeadLetters", MetricUnit.Count, 1, namespace="Foreman") as metric:
        metric.add_dimension("outcome", outcome.value)


def _work_again(body: str) -> None:
    try:
        work = decode_work(body)
    except ValueError:
        _logger.error("unreadable work message")
        return
    services().ports.messages.send_work([work], _WORK_AGAIN_S)
    _logger.warning("work failed for long; it goes on", extra={"org_id": work.org_id, "run_id": work.run_id})


def _task_message(body: str) -> TaskMessage | None:
    try:
        return TaskMessage.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError):
        return None
