"""Worker processes that a test may kill, and what is left on a stack's queues."""

import contextlib
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from typing import Any

from foreman_client import (
    Foreman,
    ForemanConfig,
    Handler,
    QueueNames,
    Task,
    TaskContext,
    initialize_foreman_client,
)
from infra.local import environment
from infra.local.cloud import local_session
from tests.e2e.processes import Stack

# Workers are forked from a process that has imported everything: a new one then takes milliseconds, not a second of a core.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.e2e.workers", "foreman_client.worker", "foreman_client._sqs"])


def config_of(stack: Stack, name: str, endpoint: str | None = None) -> ForemanConfig:
    """A config with task and result queues of its own, called after `name`."""
    queues = QueueNames(task_queue=f"{name}:tasks", result_queue=f"{name}:results")
    return ForemanConfig(endpoint or stack.endpoint, stack.api_key, queues=queues)


@contextlib.contextmanager
def client_of(stack: Stack, name: str, endpoint: str | None = None) -> Iterator[Foreman]:
    """A client with queues of its own."""
    with initialize_foreman_client(config_of(stack, name, endpoint)) as client:
        yield client


def nap(task: Task) -> dict[str, int]:
    """Sleep for as long as the input says."""
    time.sleep(task.input_data)
    return {"attempt": task.attempt}


def leaf(task: Task) -> int:
    """One, after as many seconds as the input says."""
    time.sleep(task.input_data or 0)
    return 1


def join(_: Task, ctx: TaskContext) -> int:
    """The sum of what the task depends on."""
    outputs: list[int] = [each.output_data for each in ctx.dependencies]
    return sum(outputs)


def step(task: Task, ctx: TaskContext) -> int:
    """One more than what the task depends on."""
    return 1 + join(task, ctx)


def share(task: Task, ctx: TaskContext) -> dict[str, Any]:
    """Everything that a context does over the network: its tells and asks, its child, and the sum of `join`."""
    ctx.run_data.create("note", task.input_data).unwrap()
    child = ctx.spawn("leaf", 0).unwrap()
    [note] = ctx.run_data.query(key="note").unwrap().data
    return {"note": note.value, "child": child.id, "sum": join(task, ctx)}


HANDLERS: dict[str, Handler] = {"nap": nap, "leaf": leaf, "join": join, "step": step}


def _work(config: ForemanConfig, concurrency: int, lease_seconds: int) -> None:
    os.setsid()
    client = initialize_foreman_client(config)
    client.create_worker(HANDLERS, concurrency=concurrency, lease_seconds=lease_seconds).run()


@dataclass
class Nappers:
    """Worker processes, the oldest first; each leads a process group of its own."""

    config: ForemanConfig
    concurrency: int
    lease_seconds: int
    processes: list[ForkServerProcess] = field(default_factory=list)

    def start(self) -> None:
        """Start one more."""
        process = _FORKS.Process(
            target=_work, args=(self.config, self.concurrency, self.lease_seconds), daemon=True
        )
        process.start()
        self.processes.append(process)

    def kill_oldest(self) -> None:
        """SIGKILL: nothing of it can say a last word."""
        process = self.processes.pop(0)
        assert process.is_alive()
        _kill(process)

    def __enter__(self) -> "Nappers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            _kill(process)


def _kill(process: ForkServerProcess) -> None:
    assert process.pid is not None
    with contextlib.suppress(ProcessLookupError):  # it has no group of its own yet, or is gone
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
    process.close()


def queue_client(stack: Stack) -> Any:
    """The stack's SQS."""
    client: Any = local_session(environment.REGION).client("sqs", endpoint_url=stack.aws_endpoint_url)
    return client


def left_on(sqs: Any, url: str) -> int:
    """How many messages a queue has, visible or not."""
    wanted = ["", "NotVisible", "Delayed"]
    names = [f"ApproximateNumberOfMessages{each}" for each in wanted]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def queues_to_be_emptied(sqs: Any, client: Foreman) -> list[str]:
    """The URLs of a client's task queue and of Foreman's own queues."""
    own = [f"foreman-{environment.STAGE}-{name}" for name in ("work", "dead-letters")]
    urls = [sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in own]
    return [client.settings.queues.task_queue_url, *urls]


def events_of(sqs: Any, client: Foreman) -> list[dict[str, Any]]:
    """Every event on a client's result queue; they are taken off."""
    url = client.settings.queues.result_queue_url
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
        handles = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    return found


def all_tasks(client: Foreman, run_id: str) -> list[Task]:
    """Every task of a run, by listing."""
    found: list[Task] = []
    cursor = None
    while True:
        page = client.list_tasks(run_id=run_id, limit=100, cursor=cursor, total=False).unwrap()
        found += page.data
        cursor = page.pagination.next_cursor
        if cursor is None:
            return found
