"""Routes of /api/v1/tasks for applications."""

from typing import Final

from foreman_contract.tasks import (
    CreateTask,
    CreateTasks,
    Dependencies,
    PatchTask,
    Task,
    TaskList,
    TaskPage,
)
from foreman_engine.api.answers import Answer
from foreman_engine.api.list_query import TASK_FILTERS, task_list
from foreman_engine.api.parameters import LIST
from foreman_engine.api.routes import Call, Routes
from foreman_engine.service import creating, dependencies, task_lists, tasks

routes: Final = Routes()

_UNKNOWN: Final = "No such task."
_NOT_CREATED: Final = {
    404: "No such run or parent, or a parent in another run.",
    409: "The run has ended.",
}


@routes.endpoint("POST", "/api/v1/tasks", creates=True, answers=Task, refuses=_NOT_CREATED)
def create_task(call: Call, body: CreateTask) -> Answer:
    """Create a task, and put it on its queue if `enqueue` says so."""
    created = creating.create_tasks(
        call.ports, call.org_id, [body], call.idempotency, call.traceparent, batch=False
    )
    return Answer(created.tasks[0].to_wire(), 200 if created.replayed else 201)


@routes.endpoint("POST", "/api/v1/tasks/batch", creates=True, answers=TaskList, refuses=_NOT_CREATED)
def create_tasks(call: Call, body: CreateTasks) -> Answer:
    """Create up to 90 tasks of one run, all or nothing."""
    created = creating.create_tasks(call.ports, call.org_id, body.tasks, call.idempotency, call.traceparent)
    return Answer(TaskList(data=created.tasks).to_wire(), 200 if created.replayed else 201)


@routes.endpoint(
    "GET",
    "/api/v1/tasks",
    answers=TaskPage,
    parameters=(*TASK_FILTERS.parameters, *LIST.parameters),
    refuses={404: "No such run."},
)
def list_tasks(call: Call) -> Answer:
    """List tasks of a run, of a parent, or of the whole organization."""
    asked, page = task_list(call.query)
    return Answer(task_lists.list_tasks(call.ports, call.org_id, asked, page).to_wire())


@routes.endpoint("GET", "/api/v1/tasks/{task_id}", answers=Task, refuses={404: _UNKNOWN})
def get_task(call: Call, task_id: str) -> Answer:
    """Get a task."""
    return Answer(tasks.get_task(call.ports, call.org_id, task_id).to_wire())


@routes.endpoint(
    "GET",
    "/api/v1/tasks/{task_id}/dependencies",
    answers=Dependencies,
    refuses={404: _UNKNOWN},
)
def get_dependencies(call: Call, task_id: str) -> Answer:
    """Get what a task depends on, with the outputs."""
    return Answer(dependencies.get_dependencies(call.ports, call.org_id, task_id).to_wire())


@routes.endpoint(
    "PATCH",
    "/api/v1/tasks/{task_id}",
    answers=Task,
    refuses={404: _UNKNOWN, 409: "No move that the task's status allows, or an older attempt."},
)
def update_task(call: Call, task_id: str, body: PatchTask) -> Answer:
    """Record what a caller did outside."""
    return Answer(tasks.update_task(call.ports, call.org_id, task_id, body).to_wire())


@routes.endpoint(
    "POST",
    "/api/v1/tasks/{task_id}/cancel",
    answers=Task,
    refuses={404: _UNKNOWN, 409: "The task has ended otherwise."},
)
def cancel_task(call: Call, task_id: str) -> Answer:
    """Cancel a task."""
    return Answer(tasks.cancel_task(call.ports, call.org_id, task_id).to_wire())


@routes.endpoint(
    "POST",
    "/api/v1/tasks/{task_id}/retry",
    answers=Task,
    refuses={404: _UNKNOWN, 409: "The task has not ended, or its run has."},
)
def retry_task(call: Call, task_id: str) -> Answer:
    """Run an ended task of an open run again."""
    return Answer(tasks.retry_task(call.ports, call.org_id, task_id).to_wire())
