"""What a task depends on, with the outputs."""

from foreman_contract import limits
from foreman_contract.tasks import Dependencies, Dependency
from foreman_engine.domain.payload import escaped_bytes
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.ports import Ports
from foreman_engine.service.tasks import read_task


def get_dependencies(ports: Ports, org_id: str, task_id: str) -> Dependencies:
    """The tasks that a task depends on, in its order, strongly consistent.

    Outputs are whole; those for which an answer of 4 MB has no room are left out and marked.

    Raises:
        NotFoundError: this organization has no such task.
    """
    task = read_task(ports, org_id, task_id)
    found = ports.tasks.get(org_id, task.depends_on) if task.depends_on else {}
    room = limits.MAX_ANSWER_BYTES - limits.KIB * len(found)
    rows = []
    for each in task.depends_on:
        # One by one, because fifty outputs of a megabyte are more than a function's memory.
        [dependency] = ports.tasks.load([found[each]])
        row, taken = _row(dependency, room)
        room -= taken
        rows.append(row)
    return Dependencies(data=rows)


def _row(task: TaskState, room: int) -> tuple[Dependency, int]:
    row = Dependency(id=task.id, type=task.type, status=task.status)
    if task.output_data is None:
        return row, 0
    taken = escaped_bytes(task.output_data.text or "")
    if taken > room:
        return row.model_copy(update={"output_data_omitted": True}), 0
    return row.model_copy(update={"output_data": task.output_data.value()}), taken
