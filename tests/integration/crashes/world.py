"""An API on an emulated AWS whose time is the test's, its queues, and a worker that does as it is told."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from chalicelib.adapters.aws import aws_ports
from chalicelib.adapters.dynamo.keys import payload_item
from chalicelib.adapters.system import SystemClock
from chalicelib.bootstrap import Services, install
from chalicelib.config import Settings
from chalicelib.events.work_queue import work_queue
from foreman_contract.service import Queues
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.keys import create_key
from infra.local import environment
from infra.local.cloud import ensure_state, local_session
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack
from infra.local.trigger_events import sqs_event, succeeded
from tests.factories import Api
from tests.integration.crashes.executioner import Executioner, Moment

ORG = "acme"
_HIDDEN_S = 300
_ROUNDS = 60

Handler = Callable[[dict[str, Any]], dict[str, Any]]
"""From a claimed task to its report, ids left out."""


def complete(task: dict[str, Any]) -> dict[str, Any]:
    """A handler that tells which attempt it was."""
    return {"status": "completed", "outputData": {"attempt": task["attempt"]}}


@dataclass
class World:
    """`held` are received messages by task: what a worker has in its hands."""

    api: Api
    clock: ManualClock
    executioner: Executioner
    sqs: Any
    dynamodb: Any
    queues: Queues
    held: dict[str, list[str]] = field(default_factory=dict)
    told: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    """Events so far: name, run, task."""

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        """A request that is answered."""
        return self._ok(self.api("POST", f"/api/v1/{path}", body, headers={"Idempotency-Key": key}))

    def patch(self, path: str, body: Any) -> Any:
        return self._ok(self.api("PATCH", f"/api/v1/{path}", body))

    def get(self, path: str) -> Any:
        return self._ok(self.api("GET", f"/api/v1/{path}"))

    def _ok(self, answer: Any) -> Any:
        assert answer.status in (200, 201), answer
        return answer.body

    def survives(self, act: Callable[[], Any], moment: Moment | None) -> Any:
        """What the API answers; None when it was killed at the moment."""
        return self.executioner.survives(act, moment)

    def run(self, **fields: Any) -> str:
        return str(self.post("runs", {"inputData": None, "autoComplete": True, **fields})["id"])

    def tasks(self, run_id: str, *each: dict[str, Any]) -> list[str]:
        """Queued tasks of a run, one for each dict of fields."""
        common = {"runId": run_id, "type": "t", "inputData": 1, "enqueue": True}
        made = self.post("tasks/batch", {"tasks": [common | fields for fields in each]})
        return [task["id"] for task in made["data"]]

    def claim(self, *task_ids: str, worker: str = "w", claim_id: str = "c") -> list[dict[str, Any]]:
        body = {"workerId": worker, "claimId": claim_id, "tasks": [{"id": each} for each in task_ids]}
        return list(self.post("tasks/claim", body)["results"])

    def report(self, *results: dict[str, Any], worker: str = "w") -> list[dict[str, Any]]:
        return list(self.post("tasks/report", {"workerId": worker, "results": list(results)})["results"])

    # The far ends of the queues.

    def receive(self, url: str) -> list[Any]:
        """The messages of a queue now; they stay hidden until they are deleted or shown again."""
        found: list[Any] = []
        arguments = {"MaxNumberOfMessages": 10, "VisibilityTimeout": _HIDDEN_S, "WaitTimeSeconds": 0}
        while answer := self.sqs.receive_message(QueueUrl=url, **arguments).get("Messages"):
            found += answer
        return found

    def show(self, url: str, handle: str) -> None:
        """The message is visible at once: its worker died, or the time that it was hidden for is over."""
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)

    @property
    def work_url(self) -> str:
        return str(self.sqs.get_queue_url(QueueName=self.api.services.settings.work_queue)["QueueUrl"])

    def take(self) -> None:
        """A worker receives what there is."""
        for message in self.receive(self.queues.task_queue_url):
            task_id = json.loads(message["Body"])["taskId"]
            self.held.setdefault(task_id, []).append(message["ReceiptHandle"])

    def let_go(self) -> None:
        """The worker dies: what it held becomes visible."""
        for handles in self.held.values():
            for handle in handles:
                self.show(self.queues.task_queue_url, handle)
        self.held.clear()

    def do_as_told(self, results: list[dict[str, Any]], handler: Handler = complete) -> None:
        """Run what was claimed, delete what shall be deleted, and let time pass for what shall be hidden."""
        claimed = [result["task"] for result in results if result["outcome"] == "claimed"]
        if claimed:
            done = ({"id": task["id"], "attempt": task["attempt"]} | handler(task) for task in claimed)
            self.do_as_told(self.report(*done))
        for result in results:
            if result.get("message") == "delete":
                self._delete(result["id"])
        hidden = [result["seconds"] for result in results if result.get("message") == "hide"]
        self.clock.advance(1000 * max(hidden, default=0))

    def _delete(self, task_id: str) -> None:
        """Delete one message of the task; another copy is told by itself."""
        handle = self.held[task_id].pop()
        self.sqs.delete_message(QueueUrl=self.queues.task_queue_url, ReceiptHandle=handle)

    # The rest of the world, until nothing is left to do.

    def work(self) -> int:
        """Foreman's work queue is served once; how many messages there were."""
        received = self.receive(self.work_url)
        if received:
            done = succeeded(received, self.lambda_work(received))
            for message in received:
                if message in done:
                    self.sqs.delete_message(QueueUrl=self.work_url, ReceiptHandle=message["ReceiptHandle"])
                else:
                    self.show(self.work_url, message["ReceiptHandle"])
        return len(received)

    def lambda_work(self, received: list[Any]) -> Any:
        return self.as_lambda(lambda: work_queue(sqs_event(received, "work", environment.REGION), None))

    def as_lambda(self, handler: Callable[[], Any]) -> Any:
        install(self.api.services)
        return handler()

    def serve(self, handler: Handler = complete) -> int:
        """A new worker takes what there is, one message of each task; how many there were."""
        self.take()
        taken = sum(map(len, self.held.values()))
        if taken:
            self.do_as_told(self.claim(*self.held, worker="later", claim_id=str(uuid4())), handler)
        self.let_go()
        return taken

    def come_to_rest(self, handler: Handler = complete) -> None:
        """Serve every queue until all are empty; fail when that never comes."""
        for _ in range(_ROUNDS):
            if not self.work() + self.serve(handler):
                return
        raise AssertionError("messages go round for ever")

    def hear(self) -> None:
        """Take in the events."""
        for message in self.receive(self.queues.result_queue_url):
            event = json.loads(message["Body"])
            self.told[event["event"], event["runId"], event.get("taskId")] += 1
            self.sqs.delete_message(
                QueueUrl=self.queues.result_queue_url, ReceiptHandle=message["ReceiptHandle"]
            )

    def all_tasks(self, run_id: str) -> list[dict[str, Any]]:
        return list(self.get(f"tasks?runId={run_id}&limit=100&sortOrder=asc")["data"])

    def payload_items(self, pk: str) -> list[Any]:
        """The payloads that lie outside the items of a partition, those of nobody included."""
        found: dict[str, Any] = self.dynamodb.query(
            TableName=self.api.services.settings.tasks_table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :mark)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":mark": {"S": payload_item("")}},
        )
        return list(found["Items"])

    def heard(self, name: str, run_id: str, task_id: str | None = None) -> int:
        """How often an event was sent."""
        return self.told[name, run_id, task_id]


@contextmanager
def crash_world() -> Iterator[World]:
    """A world on a MiniStack of its own."""
    ends_at = time.monotonic() + 30
    with (
        TemporaryDirectory() as home,
        folders(Home(Path(home)), ephemeral=True) as made,
        ministack(made, dict(os.environ), None, [], ends_at) as (url, _),  # noqa: TID251 - for a child
    ):
        outputs = ensure_state(local_session(environment.REGION), url, "test", TEMPLATE.read_text(), ends_at)
        settings = Settings.from_env({**environment.server({}, url, outputs), "FOREMAN_STAGE": "test"})
        try:
            yield _world(settings)
        finally:
            install(None)


def _world(settings: Settings) -> World:
    session = local_session(environment.REGION)
    executioner = Executioner(session)
    session.events.register("provide-client-params.sqs.SendMessageBatch", _at_once)
    clock = ManualClock(SystemClock().now_ms())
    ports = aws_ports(settings, session, clock)
    _, key = create_key(ports, ORG, settings.stage, unlimited=True)
    queues = ports.messages.resolve(ORG, "foreman:tasks", "foreman:results")
    bystander: Any = local_session(environment.REGION)
    sqs, dynamodb = (
        bystander.client(name, endpoint_url=settings.aws_endpoint_url) for name in ("sqs", "dynamodb")
    )
    return World(Api(Services(settings, ports), key, ORG), clock, executioner, sqs, dynamodb, queues)


def _at_once(params: dict[str, Any], **_: Any) -> None:
    """Messages come at once, as time on the queues is the test's; one that is early must do no harm."""
    for entry in params["Entries"]:
        entry["DelaySeconds"] = 0
