"""A task's message, as every use case that sends one makes it."""

from collections.abc import Sequence
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import TaskStatus
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.ports import Ports, TaskNotice

MAX_DELAY_MS: Final = limits.MAX_MESSAGE_HIDE_S * 1000
"""A longer wait is the due-index's and the sweep's. Source: SQS takes DelaySeconds up to 900."""


def notice(task: TaskState, delay_ms: int = 0) -> TaskNotice:
    """The task's message, visible after the delay (15 minutes at most: a claim before its time is told so)."""
    message = TaskMessage(task_id=task.id, run_id=task.run_id, org_id=task.org_id, type=task.type)
    hidden_ms = max(0, min(delay_ms, MAX_DELAY_MS))
    return TaskNotice(message, task.queue, hidden_ms, task.traceparent, task.priority)


def may_lack_message(task: TaskState) -> bool:
    """Whether a task that was put back may have no message, if whoever put it back died: it waits, or was claimed without one."""
    return task.enqueue and (task.status is TaskStatus.QUEUED or task.lease_until is not None)


def send(ports: Ports, notices: Sequence[TaskNotice]) -> None:
    """Put messages of one organization on their queues; nothing to send costs nothing."""
    if notices:
        ports.messages.send_tasks(notices[0].message.org_id, notices)
