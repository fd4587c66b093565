"""Foreman's own work queue: what a request began and no worker's message covers is finished from here, whoever died."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from chalice.app import Blueprint, SQSEvent

from chalicelib.bootstrap import services
from chalicelib.config import Settings
from chalicelib.events.batches import each_record
from foreman_engine.domain.work import decode_work
from foreman_engine.service.work import finish_work

blueprint = Blueprint(__name__)
_logger = Logger(service="foreman")


@blueprint.on_sqs_message(queue=Settings.from_env().work_queue, batch_size=10, name="work_queue")
def work_queue(event: SQSEvent) -> dict[str, Any]:
    """Finish what each message names."""
    return each_record(event.to_dict(), _finish, whole=services().settings.whole_batches)


def _finish(record: Mapping[str, Any]) -> None:
    try:
        work = decode_work(record["body"])
    except ValueError:
        # Nobody but us writes here, so it will never become readable: keep it out of the way of the others.
        _logger.error("unreadable work message")
        return
    finish_work(services().ports, work)
