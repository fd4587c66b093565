"""The sweep, every minute: waits that are longer than SQS can hold a message, the fires of schedules, and a look at every queue."""

import logging

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib.bootstrap import services
from chalicelib.events.telemetry import telling
from chalicelib.telemetry.emf import Metric
from chalicelib.telemetry.lines import tell, tell_bug
from chalicelib.telemetry.metrics import of_backlog
from foreman_engine.domain.errors import EngineError
from foreman_engine.service.announcements import announce_fires
from foreman_engine.service.backlog import QueueWatch, backlog_of, with_age
from foreman_engine.service.sweep import sweep as sweep_due

blueprint = Blueprint(__name__)


@blueprint.schedule(Rate(1, unit=Rate.MINUTES), name="sweep")
def sweep(event: CloudWatchEvent) -> None:
    """Send the messages of tasks that are due within 15 minutes and of fires that are due soon, then tell what lies on the queues."""
    with telling("sweep", event.context) as tale:
        ports = services().ports
        tale.fields["sent"] = sweep_due(ports)
        tale.fields["fires"] = announce_fires(ports)
        tale.metrics |= _watched(ports.queue_watch)


def _watched(watch: QueueWatch) -> dict[str, Metric]:
    """What can be told of the queues. A sweep never fails for it: the messages are sent, and a metric may miss a minute."""
    told: dict[str, Metric] = {}
    try:
        depths = watch.depths()
        backlog = backlog_of(depths)
        told = of_backlog(backlog)
        return of_backlog(with_age(backlog, watch, depths))
    except EngineError as error:
        tell("the queues were not seen", {"cause": str(error)}, logging.WARNING)
    except Exception as error:
        tell_bug(error)
    return told
