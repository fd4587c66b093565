"""Routes of /api/v1/tasks for applications."""

from chalice.app import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import Call, endpoint
from foreman_contract import limits
from foreman_contract.tasks import CreateTask, CreateTasks, PatchTask, TaskList
from foreman_engine.domain.errors import Fault, NotAvailableError
from foreman_engine.service import creating, dependencies, tasks

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/api/v1/tasks", creates=True)
def create_task(call: Call, body: CreateTask) -> Answer:
    """Create a task, and put it on its queue if `enqueue` says so."""
    created = creating.create_tasks(
        call.ports, call.org_id, [body], call.idempotency, call.traceparent, batch=False
    )
    return Answer(created.tasks[0].to_wire(), 200 if created.replayed else 201)


@endpoint(blueprint, "POST", "/api/v1/tasks/batch", creates=True)
def create_tasks(call: Call, body: CreateTasks) -> Answer:
    """Create up to 90 tasks of one run, all or nothing."""
    created = creating.create_tasks(call.ports, call.org_id, body.tasks, call.idempotency, call.traceparent)
    return Answer(TaskList(data=created.tasks).to_wire(), 200 if created.replayed else 201)


@endpoint(blueprint, "GET", "/api/v1/tasks")
def list_tasks(call: Call) -> Answer:
    """List the tasks of a run, newest first."""
    call.query.refuse("status", "type", "parentTaskId")
    page = call.query.page(limits.DEFAULT_LIST_LIMIT, limits.MAX_LIST_LIMIT)
    run_id = call.query.uuid("runId")
    if run_id is None:
        text = "is needed: listing tasks across runs is part of the contract but not available on this server yet"
        raise NotAvailableError(f"runId {text}.", [Fault("runId", text)])
    return Answer(tasks.list_tasks(call.ports, call.org_id, run_id, page).to_wire())


@endpoint(blueprint, "GET", "/api/v1/tasks/{task_id}")
def get_task(call: Call, task_id: str) -> Answer:
    """Get a task."""
    return Answer(tasks.get_task(call.ports, call.org_id, task_id).to_wire())


@endpoint(blueprint, "GET", "/api/v1/tasks/{task_id}/dependencies")
def get_dependencies(call: Call, task_id: str) -> Answer:
    """Get what a task depends on, with the outputs."""
    return Answer(dependencies.get_dependencies(call.ports, call.org_id, task_id).to_wire())


@endpoint(blueprint, "PATCH", "/api/v1/tasks/{task_id}")
def update_task(call: Call, task_id: str, body: PatchTask) -> Answer:
    """Record what a caller did outside."""
    return Answer(tasks.update_task(call.ports, call.org_id, task_id, body).to_wire())


@endpoint(blueprint, "POST", "/api/v1/tasks/{task_id}/cancel")
def cancel_task(call: Call, task_id: str) -> Answer:
    """Cancel a task."""
    return Answer(tasks.cancel_task(call.ports, call.org_id, task_id).to_wire())


@endpoint(blueprint, "POST", "/api/v1/tasks/{task_id}/retry")
def retry_task(call: Call, task_id: str) -> Answer:
    """Run an ended task of an open run again."""
    return Answer(tasks.retry_task(call.ports, call.org_id, task_id).to_wire())
