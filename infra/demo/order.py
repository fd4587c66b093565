"""The order example: an application that creates a run and enqueues its tasks, beside a worker process of examples/."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from foreman_client import (
    Foreman,
    ForemanConfig,
    ForemanError,
    Run,
    RunStatus,
    Task,
    TaskStatus,
    initialize_foreman_client,
)
from infra.demo.events import entry_stored, run_created, run_ended, task_events
from infra.demo.lines import Event, format_end, format_event, header
from infra.errors import OperatorError
from infra.local.home import TEMPLATE
from infra.local.stack import LocalStack
from infra.local.tether import child

_WORKER: Final = TEMPLATE.parent / "examples" / "order_worker.py"
_ORDER: Final = {"orderId": "order-123"}
_STEPS: Final = ("validate-order", "process-order")
_LEFT_BEHIND: Final = "validated-order"
"""The key under which the first task leaves what the second reads."""
_PATIENCE_S: Final = 60
_LOOK_S: Final = 0.05
_ENDED: Final = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


@contextmanager
def play_order(stack: LocalStack, environ: Mapping[str, str], *, colour: bool) -> Iterator[None]:
    """Start the worker, let it do one order, print what happens; the worker goes on inside the block.

    Raises:
        OperatorError: the run did not complete, or a task did not end within _PATIENCE_S seconds.
    """
    log = stack.folders.logs / "worker.log"
    settings = {"FOREMAN_ENDPOINT": stack.endpoint, "FOREMAN_API_KEY": stack.api_key, "PYTHONUNBUFFERED": "1"}
    config = ForemanConfig(endpoint=stack.endpoint, api_key=stack.api_key)
    with child(["-m", "infra.local.tether", str(_WORKER)], {**environ, **settings}, log) as worker:

        def show(event: Event) -> None:
            print(format_event(event, colour=colour), file=stack.out, flush=True)

        print(header(), file=stack.out)
        try:
            with initialize_foreman_client(config) as client:
                run = _play(client, show, lambda: _check(worker, str(log)))
        except ForemanError as error:
            raise OperatorError(f"The order example failed: {error}; see {stack.folders.logs}.") from None
        others = run.total_tasks - run.completed_tasks
        took_ms = (run.completed_at or run.updated_at) - run.created_at
        print("\n" + format_end(run.status, took_ms, run.completed_tasks, others), file=stack.out, flush=True)
        if run.status is not RunStatus.COMPLETED or run.completed_tasks != len(_STEPS):
            raise OperatorError(f"The order example did not go well; see {log}.")
        yield


def _play(client: Foreman, show: Callable[[Event], None], check: Callable[[], None]) -> Run:
    run = client.create_run(input_data=_ORDER).unwrap()
    show(run_created(run))
    for type_ in _STEPS:
        task = client.enqueue_task(run_id=run.id, type=type_, input_data=_ORDER).unwrap()
        task = _follow(client, task, run.created_at, show, check)
        if task.status is not TaskStatus.COMPLETED:
            ended = client.update_run(run.id, status=RunStatus.FAILED, error_data=task.error_data)
            break
    else:
        ended = client.update_run(run.id, status=RunStatus.COMPLETED, output_data=task.output_data)
    show(run_ended(ended.unwrap()))
    return client.get_run(run.id).unwrap()


def _follow(
    client: Foreman, task: Task, start: int, show: Callable[[Event], None], check: Callable[[], None]
) -> Task:
    shown, gives_up_at = 0, time.monotonic() + _PATIENCE_S
    while True:
        events = task_events(task, start)
        if task.status in _ENDED:
            entries = client.query_run_data(task.run_id, key=_LEFT_BEHIND).unwrap().data
            events[-1:-1] = [entry_stored(entry, start) for entry in entries if entry.task_id == task.id]
        for event in events[shown:]:
            show(event)
        shown = len(events)
        if task.status in _ENDED:
            return task
        check()
        if time.monotonic() > gives_up_at:
            raise OperatorError(
                f"The task {task.type} did not end within {_PATIENCE_S} s; see .foreman/logs."
            )
        time.sleep(_LOOK_S)
        task = client.get_task(task.id).unwrap()


def _check(worker: subprocess.Popen[bytes], log: str) -> None:
    if worker.poll() is not None:
        raise OperatorError(f"The worker of the order example ended by itself; see {log}.")
