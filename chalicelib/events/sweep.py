"""The sweep, every minute: waits that are longer than SQS can hold a message."""

from aws_lambda_powertools import Logger
from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.bootstrap import services
from foreman_engine.service.sweep import sweep as sweep_due

blueprint = Blueprint(__name__)
_logger = Logger(service="foreman")


@blueprint.schedule(Rate(1, unit=Rate.MINUTES), name="sweep")
def sweep(_: CloudWatchEvent) -> None:
    """Send the messages of what is due within 15 minutes."""
    sent = sweep_due(services().ports)
    if sent:
        _logger.info("sweep", extra={"sent": sent})
