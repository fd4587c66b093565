"""The queues on SQS."""

import itertools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters.sqs_batches import Outgoing, send_all
from chalicelib.adapters.sqs_queues import SqsQueues, is_missing
from foreman_contract.enums import Priority
from foreman_contract.service import DEFAULT_RESULT_QUEUE, PriorityUrls, Queues
from foreman_engine.domain.errors import Fault, InvalidError, UnavailableError
from foreman_engine.domain.queues import physical_name
from foreman_engine.domain.work import AnyWork, DueFire, encode_work
from foreman_engine.service.ports import EventNotice, TaskNotice

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_S: Final = 900
"""Longest DelaySeconds. Source: SQS quotas."""


class SqsMessages:
    """Messages. Messages of one run form one group, so that SQS's fair queues keep a big run from starving a small one."""

    def __init__(self, client: "SQSClient", stage: str, work_queue: str, dead_letter_queue: str) -> None:
        self._client = client
        self._stage = stage
        self._work_queue = work_queue
        self._queues = SqsQueues(client, dead_letter_queue)

    def resolve(self, org_id: str, task_queue: str, result_queue: str) -> Queues:
        """The physical URLs of an organization's queues, created when absent.

        Raises:
            InvalidError: one name for both.
        """
        if task_queue == result_queue:
            fault = Fault("resultQueue", "must differ from taskQueue")
            raise InvalidError("A queue cannot carry both tasks and results.", [fault])
        urls = {
            priority.value: self._asked(physical_name(self._stage, org_id, task_queue, priority))
            for priority in Priority
        }
        return Queues(
            task_queue=task_queue,
            result_queue=result_queue,
            task_queue_url=urls[Priority.NORMAL],
            task_queue_urls=PriorityUrls(**urls),
            result_queue_url=self._asked(physical_name(self._stage, org_id, result_queue)),
        )

    def _asked(self, name: str) -> str:
        """The queue's URL, asked anew: whoever resolves a name may do so because its queue was deleted."""
        self._queues.forget(name)
        return self._queues.url(name)

    def send_tasks(self, org_id: str, notices: Sequence[TaskNotice]) -> None:
        """Put task messages on their queues, all of them or an error; never visible before their delay is over."""
        by_queue = sorted(notices, key=_place)
        for (queue, priority), group in itertools.groupby(by_queue, key=_place):
            messages = [_outgoing(notice, _delay_s(notice)) for notice in group]
            self._send(physical_name(self._stage, org_id, queue, priority), messages)

    def send_events(self, org_id: str, queue: str | None, events: Sequence[EventNotice]) -> None:
        """Put events on a result queue (None: the default one), all of them or an error."""
        name = physical_name(self._stage, org_id, queue or DEFAULT_RESULT_QUEUE)
        self._send(name, [_outgoing(event) for event in events])

    def _send(self, name: str, messages: Sequence[Outgoing]) -> None:
        try:
            send_all(self._client, self._queues.url(name), messages)
        except ClientError as error:
            if not is_missing(error):
                raise
            # Deleted behind our back. What was sent before is sent again: delivery is at least once anyway.
            self._queues.forget(name)
            send_all(self._client, self._queues.url(name), messages)

    def send_work(self, work: Sequence[AnyWork], delay_s: int) -> None:
        """Put hints on the internal work queue, which the deployment owns."""
        url = self._queues.existing(self._work_queue)
        send_all(self._client, url, [Outgoing(encode_work(hint), _group(hint), delay_s) for hint in work])

    def ping(self) -> None:
        """Return when the queue service answers.

        Raises:
            UnavailableError: it does not, or the work queue is not there.
        """
        try:
            self._queues.look_up(self._work_queue)
        except ClientError as error:
            raise UnavailableError("SQS does not answer.") from error


def _place(notice: TaskNotice) -> tuple[str, Priority]:
    return notice.queue, notice.priority


def _delay_s(notice: TaskNotice) -> int:
    return min(MAX_DELAY_S, max(0, -(-notice.delay_ms // 1000)))


def _outgoing(notice: TaskNotice | EventNotice, delay_s: int = 0) -> Outgoing:
    body = json.dumps(notice.message.to_wire(), separators=(",", ":"))
    return Outgoing(body, notice.message.run_id, delay_s, notice.traceparent)


def _group(work: AnyWork) -> str:
    """Fair queues serve groups alike: a run's hints are one, a schedule's fires another."""
    return work.schedule_id if isinstance(work, DueFire) else work.run_id
