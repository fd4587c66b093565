"""Foreman's own work queue: what a request began and no worker's message covers is finished from here, whoever died."""

import logging
from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib.bootstrap import services
from chalicelib.config import Settings
from chalicelib.events.batches import each_record
from chalicelib.events.telemetry import telling
from chalicelib.telemetry.lines import tell
from foreman_engine.domain.work import decode_work
from foreman_engine.service.work import finish_work

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue=Settings.from_env().work_queue, batch_size=10, name="work_queue")
def work_queue(event: SQSEvent) -> dict[str, Any]:
    """Finish what each message names."""
    with telling("work queue", event.context) as tale:
        return each_record(event.to_dict(), tale, _finish)


def _finish(record: Mapping[str, Any]) -> None:
    try:
        work = decode_work(record["body"])
    except ValueError:
        # Nobody but us writes here, so it will never become readable: keep it out of the way of the others.
        tell("unreadable work message", {"message_id": record["messageId"]}, logging.ERROR)
        return
    finish_work(services().ports, work)
