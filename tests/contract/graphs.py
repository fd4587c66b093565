"""Tasks that depend on each other, for the suite."""

from collections.abc import Iterable
from dataclasses import replace

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState, finish
from foreman_engine.service.ports import Ports
from tests.contract.states import Maker


def behind(make: Maker, run: RunState, *dependencies: TaskState, count: int = 1) -> list[TaskState]:
    """New tasks that wait for all the dependencies."""
    return make.tasks(
        run, count, status=TaskStatus.PENDING, depends_on=tuple(each.id for each in dependencies)
    )


def ended(ports: Ports, task: TaskState, status: TaskStatus = TaskStatus.COMPLETED) -> TaskState:
    """The task after its end was stored."""
    return ports.tasks.save([Change(task, finish(task, status, 9))])[0]


def told(task: TaskState) -> TaskState:
    """The task once it knows that it has dependants."""
    return replace(task, has_dependants=True, rev=task.rev + 1)


def ids(tasks: Iterable[TaskState]) -> list[str]:
    """The ids, in order."""
    return [task.id for task in tasks]
