"""What the records of a run and its tasks tell about what happened to them, and when."""

from foreman_client import Entry, Run, Task, TaskStatus
from infra.demo.lines import Event, format_value


def run_created(run: Run) -> Event:
    """The beginning; every other event is timed from it."""
    return Event(0, "run created", "", run.id, outcome=format_value(run.input_data))


def run_ended(run: Run) -> Event:
    """The run's end, by its own record."""
    at = (run.completed_at or run.updated_at) - run.created_at
    return Event(at, f"run {run.status}", "", run.id, run.duration_ms, _outcome(run))


def task_events(task: Task, start: int) -> list[Event]:
    """Everything that has happened to the task so far, in order. `start` is the run's beginning in epoch ms."""
    queued_at = task.queued_at or task.created_at
    events = [Event(queued_at - start, "task queued", task.type, task.id)]
    if task.started_at is not None:
        waited = task.started_at - queued_at
        events.append(Event(task.started_at - start, "task started", task.type, task.id, waited, "(waited)"))
    if task.status is TaskStatus.RETRYING:
        at = task.updated_at - start
        events.append(Event(at, "task retrying", task.type, task.id, outcome=format_value(task.error_data)))
    if task.completed_at is not None:
        at = task.completed_at - start
        ended = Event(at, f"task {task.status}", task.type, task.id, task.duration_ms, _outcome(task))
        events.append(ended)
    return events


def entry_stored(entry: Entry, start: int) -> Event:
    """A task left something for the others."""
    outcome = f"{entry.key} {format_value(entry.tags)}"
    return Event(entry.created_at - start, "data stored", "", entry.id, outcome=outcome)


def _outcome(ended: Run | Task) -> str:
    if ended.error_data is not None:
        return format_value(ended.error_data)
    return "" if ended.output_data is None else format_value(ended.output_data)
