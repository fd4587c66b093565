"""Foreman's own work queue: ends that no worker's message covers are settled from here, whoever died."""

from typing import Any

from aws_lambda_powertools import Logger
from chalice.app import Blueprint, SQSEvent

from chalicelib.bootstrap import services
from chalicelib.config import Settings
from foreman_engine.domain.errors import EngineError
from foreman_engine.domain.work import decode_work
from foreman_engine.service.work import finish_work

blueprint = Blueprint(__name__)
_logger = Logger(service="foreman")


@blueprint.on_sqs_message(queue=Settings.from_env().work_queue, batch_size=10, name="work_queue")
def work_queue(event: SQSEvent) -> dict[str, Any]:
    """Finish what each message names. One that fails comes back by itself; the others are done."""
    failed = [record["messageId"] for record in event.to_dict()["Records"] if not _settled(record["body"])]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _settled(body: str) -> bool:
    try:
        work = decode_work(body)
    except ValueError:
        # Nobody but us writes here, so it will never become readable: keep it out of the way of the others.
        _logger.error("unreadable work message")
        return True
    try:
        finish_work(services().ports, work)
    except EngineError as error:
        _logger.warning("work failed", extra={"run_id": work.run_id, "error_type": type(error).__name__})
        return False
    return True
