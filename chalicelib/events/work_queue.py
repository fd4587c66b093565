"""Foreman's own work queue: ends that no worker's message covers are settled from here, whoever died."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from chalice.app import Blueprint, SQSEvent

from chalicelib.bootstrap import services
from chalicelib.config import Settings
from foreman_engine.domain.errors import EngineError
from foreman_engine.service.ports import Work
from foreman_engine.service.settle import settle_work

blueprint = Blueprint(__name__)
_logger = Logger(service="foreman")


@blueprint.on_sqs_message(queue=Settings.from_env().work_queue, batch_size=10, name="work_queue")
def work_queue(event: SQSEvent) -> dict[str, Any]:
    """Settle what each message names. One that fails comes back by itself; the others are done."""
    failed = [record["messageId"] for record in event.to_dict()["Records"] if not _settled(record["body"])]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _settled(body: str) -> bool:
    work = parse_work(body)
    if work is None:
        # Nobody but us writes here, so it will never become readable: keep it out of the way of the others.
        _logger.error("unreadable work message")
        return True
    try:
        settle_work(services().ports, work)
    except EngineError as error:
        _logger.warning("work failed", extra={"run_id": work.run_id, "error_type": type(error).__name__})
        return False
    return True


def parse_work(body: str) -> Work | None:
    """The hint in a message body; None when it cannot be read."""
    try:
        fields = json.loads(body)
        if fields["kind"] != "settle":
            return None
        return Work(str(fields["orgId"]), str(fields["runId"]), fields.get("taskId"))
    except (ValueError, KeyError, TypeError):
        return None
