"""Batches from SQS: each record is done or fails by itself."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.events.telemetry import Tale
from chalicelib.telemetry.lines import tell
from foreman_engine.domain.errors import EngineError


def each_record(
    event: Mapping[str, Any], tale: Tale, handle: Callable[[Mapping[str, Any]], None]
) -> dict[str, Any]:
    """Handle every record of an SQS event; the answer names those that failed, so that only they come back.

    A fault is told by its type: its text may quote what must not be logged.
    """
    failed = []
    for record in event["Records"]:
        try:
            handle(record)
        except EngineError as error:
            tell(
                "record failed",
                {"message_id": record["messageId"], "error_type": type(error).__name__},
                logging.WARNING,
            )
            failed.append({"itemIdentifier": record["messageId"]})
    tale.fields |= {"records": len(event["Records"]), "failed": len(failed)}
    return {"batchItemFailures": failed}
