"""The deployment's dead-letter queue, which only Foreman reads: what SQS gave up on is sent afresh or settled."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from chalice.app import Blueprint, SQSEvent
from pydantic import ValidationError

from chalicelib.bootstrap import services
from chalicelib.config import Settings
from chalicelib.events.batches import each_record
from chalicelib.events.telemetry import telling
from chalicelib.telemetry.lines import tell
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.queues import organization_of
from foreman_engine.domain.work import DueFire, decode_work
from foreman_engine.service.dead_letters import revive

blueprint = Blueprint(__name__)
_WORK_AGAIN_S: Final = 900


@blueprint.on_sqs_message(queue=Settings.from_env().dead_letter_queue, batch_size=10, name="dead_letters")
def dead_letters(event: SQSEvent) -> dict[str, Any]:
    """Do what each dead letter calls for."""
    with telling("dead letters", event.context) as tale:
        return each_record(event.to_dict(), tale, _revive, whole=services().settings.whole_batches)


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
        tell("a dead letter that is no task message was dropped", {"org_id": org_id}, logging.ERROR)
        return
    outcome = revive(services().ports, org_id, message)
    told = {"org_id": org_id, "task_id": message.task_id, "outcome": outcome.value}
    tell("dead letter", told, logging.WARNING)


def _work_again(body: str) -> None:
    try:
        work = decode_work(body)
    except ValueError:
        tell("unreadable work message", {}, logging.ERROR)
        return
    services().ports.messages.send_work([work], _WORK_AGAIN_S)
    named = {"schedule_id": work.schedule_id} if isinstance(work, DueFire) else {"run_id": work.run_id}
    tell("work failed for long; it goes on", {"org_id": work.org_id, **named}, logging.WARNING)


def _task_message(body: str) -> TaskMessage | None:
    try:
        return TaskMessage.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError):
        return None
