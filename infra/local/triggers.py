"""Lambda's triggers on a laptop: threads that poll the queues and keep the schedules of the app's event handlers."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from boto3.session import Session
from chalice.app import Chalice, ScheduledEventConfig, SQSEventConfig

from infra.local.busy import Busy
from infra.local.faults import log_fault
from infra.local.gateway.invoke import LambdaContext
from infra.local.trigger_events import rate_seconds, scheduled_event, sqs_event, succeeded

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_log = logging.getLogger(__name__)
_WAIT_S: Final = 5
_AFTER_ERROR_S: Final = 1
_DRAIN_S: Final = 2
_TIMEOUT_S: Final = 60


@dataclass(frozen=True, slots=True)
class _Runtime:
    app: Chalice
    session: Session
    endpoint_url: str
    stop: threading.Event
    busy: Busy

    @property
    def region(self) -> str:
        return str(self.session.region_name)

    def call(self, name: str, event: dict[str, Any]) -> Any:
        return self.app.handler_map[name](event, LambdaContext(name, self.region, _TIMEOUT_S))


@contextmanager
def triggers(app: Chalice, session: Session, endpoint_url: str) -> Iterator[None]:
    """Run the app's queue and schedule handlers inside the block; on leaving, those under way get a moment to end."""
    runtime = _Runtime(app, session, endpoint_url, threading.Event(), Busy())
    for source in app.event_sources:
        if isinstance(source, SQSEventConfig | ScheduledEventConfig):
            threading.Thread(target=_run, args=(runtime, source), name=source.name, daemon=True).start()
    try:
        yield
    finally:
        runtime.stop.set()
        runtime.busy.wait_idle(_DRAIN_S)


def _run(runtime: _Runtime, source: SQSEventConfig | ScheduledEventConfig) -> None:
    if isinstance(source, SQSEventConfig):
        _poll(runtime, source)
    else:
        _keep_schedule(runtime, source)


def _poll(runtime: _Runtime, source: SQSEventConfig) -> None:
    sqs: SQSClient = runtime.session.client("sqs", endpoint_url=runtime.endpoint_url)
    queue = source.queue or str(source.queue_arn).rsplit(":", 1)[-1]
    while not runtime.stop.is_set():
        try:
            _poll_once(runtime, source, sqs, sqs.get_queue_url(QueueName=queue)["QueueUrl"])
        except Exception as error:
            log_fault(_log, f"trigger {source.name} failed", error)
            runtime.stop.wait(_AFTER_ERROR_S)


def _poll_once(runtime: _Runtime, source: SQSEventConfig, sqs: "SQSClient", url: str) -> None:
    received = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=min(source.batch_size, 10),
        WaitTimeSeconds=_WAIT_S,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    ).get("Messages", [])
    if not received or runtime.stop.is_set():
        return
    with runtime.busy.one():
        queue = url.rsplit("/", 1)[-1]
        answer = runtime.call(source.name, sqs_event(received, queue, runtime.region))
        done = succeeded(received, answer)
        if done:
            sqs.delete_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(done)],
            )


def _keep_schedule(runtime: _Runtime, source: ScheduledEventConfig) -> None:
    expression = source.schedule_expression
    seconds = rate_seconds(expression if isinstance(expression, str) else expression.to_string())
    if seconds is None:
        _log.warning("%s: only rate(...) schedules run on the local stack", source.name)
        return
    # The first comes at once: AWS's rule would have kept its beat through a restart.
    while not runtime.stop.is_set():
        with runtime.busy.one():
            try:
                runtime.call(source.name, scheduled_event(source.name, runtime.region))
            except Exception as error:
                log_fault(_log, f"trigger {source.name} failed", error)
        runtime.stop.wait(seconds)
