"""A task's message, as every use case that sends one makes it."""

from collections.abc import Sequence

from foreman_contract.enums import TaskStatus
from foreman_contract.messages import TaskMessage
from foreman_engine.domain.tasks import TaskState
from foreman_engine.domain.waits import MAX_DELAY_MS, wait_ms
from foreman_engine.service.ports import Ports, TaskNotice


def notice(task: TaskState, delay_ms: int = 0) -> TaskNotice:
    """The task's message, visible after the delay (15 minutes at most: a claim before its time is told so)."""
    message = TaskMessage(task_id=task.id, run_id=task.run_id, org_id=task.org_id, type=task.type)
    hidden_ms = max(0, min(delay_ms, MAX_DELAY_MS))
    return TaskNotice(message, task.queue, hidden_ms, task.traceparent, task.priority)


def first_notices(tasks: Sequence[TaskState], now: int) -> list[TaskNotice]:
    """Messages for tasks on their way to the queue, visible when they may start; the sweep sends those that are in its index."""
    return [notice(task, wait_ms(task, now)) for task in tasks if task.due_at is None]


def may_lack_message(task: TaskState) -> bool:
    """Whether a task that was put back may have no message, if whoever put it back died: it waits, or was claimed without one."""
    return task.enqueue and (task.status is TaskStatus.QUEUED or task.lease_until is not None)


def send(ports: Ports, notices: Sequence[TaskNotice]) -> None:
    """Put messages of one organization on their queues; nothing to send costs nothing."""
    if notices:
        ports.messages.send_tasks(notices[0].message.org_id, notices)
