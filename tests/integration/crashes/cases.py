"""Use cases that die: what is prepared, the one request or event that is killed, and who would repeat it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.events.dead_letters import dead_letters
from chalicelib.events.sweep import sweep
from infra.local.trigger_events import scheduled_event
from tests.integration.crashes.executioner import Moment, When
from tests.integration.crashes.world import ORG, World

BIG = "x" * 20 + "".join(chr(0x4E00 + n * 7 % 20000) for n in range(3000))
"""So large that it lies outside its task's item."""
PHYSICAL = "arn:aws:sqs:us-east-1:000000000000:"


@dataclass
class Scene:
    """What a use case works on; `facts` are its own."""

    run_id: str
    task_ids: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """`act` is killed, and `prepare` is not. `told` says what becomes of messages, when `act` is a worker's call.

    A `repeated` one is always done again, by SQS or the schedule. Pages of walks hold one task.
    """

    name: str
    prepare: Callable[[World], Scene]
    act: Callable[[World, Scene], Any]
    told: bool = False
    repeated: bool = False
    inline_pages: int = 1
    find: Callable[[World, Scene], None] | None = None
    """Finds what came of it when nobody was told; a scene without a run has nothing to look at."""


def _tasks(*each: dict[str, Any]) -> Callable[[World], Scene]:
    def prepare(world: World) -> Scene:
        run_id = world.run()
        task_ids = world.tasks(run_id, *each)
        world.take()
        return Scene(run_id, task_ids)

    return prepare


def _claimed(*each: dict[str, Any]) -> Callable[[World], Scene]:
    def prepare(world: World) -> Scene:
        scene = _tasks(*each)(world)
        assert [result["outcome"] for result in world.claim(*scene.task_ids)] == ["claimed"] * len(each)
        return scene

    return prepare


def _lease_ended(**fields: Any) -> Callable[[World], Scene]:
    def prepare(world: World) -> Scene:
        scene = _claimed(fields)(world)
        world.clock.advance(60_000)
        return scene

    return prepare


def _ended(*each: dict[str, Any], auto: bool = True) -> Callable[[World], Scene]:
    """Tasks that failed or, with `keep`, completed."""

    def prepare(world: World) -> Scene:
        run_id = world.run(autoComplete=auto)
        task_ids = world.tasks(run_id, *({"maxRetries": 0, "inputData": each_one} for each_one in each))
        world.come_to_rest(
            lambda task: {"status": "completed" if task["inputData"].get("keep") else "failed"}
        )
        return Scene(run_id, task_ids)

    return prepare


def _report(*results: dict[str, Any]) -> Callable[[World, Scene], Any]:
    def act(world: World, scene: Scene) -> Any:
        pairs = zip(scene.task_ids, results, strict=True)
        return world.report(*({"id": task_id, "attempt": 1} | result for task_id, result in pairs))

    return act


def _create_tasks(world: World, scene: Scene) -> Any:
    fields = {"runId": scene.run_id, "type": "t", "enqueue": True}
    body = {"tasks": [{**fields, "inputData": 1}, {**fields, "inputData": BIG}]}
    made = world.post("tasks/batch", body, key=f"tasks-{scene.run_id}")
    scene.task_ids = [task["id"] for task in made["data"]]


def _beat(world: World, scene: Scene) -> Any:
    beats = [{"id": task_id, "attempt": 1} for task_id in scene.task_ids]
    return world.post("tasks/heartbeat", {"workerId": "w", "tasks": beats})["results"]


def _post(path: str) -> Callable[[World, Scene], Any]:
    def act(world: World, scene: Scene) -> Any:
        [*_, task_id] = scene.task_ids
        answer = world.api("POST", f"/api/v1/{path.format(run=scene.run_id, task=task_id)}")
        # A retry that was done already is refused when it is repeated.
        assert answer.status == 200 or (answer.status == 409 and path.endswith("retry")), answer

    return act


def _patch_task(world: World, scene: Scene) -> Any:
    body = {"status": "completed", "outputData": BIG}
    world.patch(f"tasks/{scene.task_ids[-1]}", body)


def _patch_run(world: World, scene: Scene) -> Any:
    world.patch(f"runs/{scene.run_id}", {"status": "completed", "outputData": BIG})


def _hinted(prepare: Callable[[World], Scene], verb: str) -> Callable[[World], Scene]:
    """The request died right after its write, and the work queue has its hint."""

    def prepared(world: World) -> Scene:
        scene = prepare(world)
        moment = Moment(When.AFTER, operation="UpdateItem")
        act = _post(f"runs/{{run}}/{verb}")
        assert world.survives(lambda: act(world, scene) or True, moment) is None
        scene.facts["received"] = world.receive(world.work_url)
        assert scene.facts["received"]
        return scene

    return prepared


def _work(world: World, scene: Scene) -> Any:
    received = scene.facts["received"]
    assert world.lambda_work(received) == {"batchItemFailures": []}
    for message in received:
        world.sqs.delete_message(QueueUrl=world.work_url, ReceiptHandle=message["ReceiptHandle"])


def _waiting(world: World) -> Scene:
    """A task that waits longer than SQS can hold a message, and is due soon."""
    scene = _claimed({})(world)
    told = world.report(
        {"id": scene.task_ids[0], "attempt": 1, "status": "failed", "retryDelaySeconds": 1200}
    )
    world.do_as_told(told)
    world.clock.advance(600_000)
    return scene


def _sweep(world: World, scene: Scene) -> Any:
    world.as_lambda(lambda: sweep(scheduled_event("sweep", "us-east-1"), None))


def _dead(prepare: Callable[[World], Scene]) -> Callable[[World], Scene]:
    """The task's own message was given up on."""

    def prepared(world: World) -> Scene:
        scene = prepare(world)
        for handle in world.held.pop(scene.task_ids[0]):
            world.sqs.delete_message(QueueUrl=world.queues.task_queue_url, ReceiptHandle=handle)
        return scene

    return prepared


def _dead_letter(world: World, scene: Scene) -> Any:
    body = {"taskId": scene.task_ids[0], "runId": scene.run_id, "orgId": ORG, "type": "t", "v": 1}
    source = PHYSICAL + world.queues.task_queue_url.rsplit("/", 1)[-1]
    attributes = {"DeadLetterQueueSourceArn": source}
    record = {"messageId": "m", "body": json.dumps(body), "attributes": attributes}
    answer = world.as_lambda(lambda: dead_letters({"Records": [record]}, None))
    assert answer == {"batchItemFailures": []}


def _unsettled(world: World) -> Scene:
    """A task whose end was committed by a report that died before it settled."""
    scene = _claimed({})(world)
    act = _report({"status": "completed"})
    moment = Moment(When.AFTER, operation="TransactWriteItems")
    assert world.survives(lambda: act(world, scene), moment) is None
    return scene


GOOD, BAD = {"status": "completed", "outputData": BIG}, {"status": "failed", "retryable": False}
AGAIN, RELEASED = {"status": "failed", "errorData": BIG}, {"status": "released"}
MIXED: tuple[dict[str, Any], ...] = ({}, {"keep": True}, {})

CASES = [
    Case("create tasks", lambda world: Scene(world.run()), _create_tasks),
    Case("claim", _tasks({}, {"inputData": BIG}), lambda w, s: w.claim(*s.task_ids), told=True),
    Case(
        "claim what was lost",
        _lease_ended(),
        lambda w, s: w.claim(*s.task_ids, worker="v", claim_id="d"),
        told=True,
    ),
    Case(
        "claim what was lost for good",
        _lease_ended(maxRetries=0),
        lambda w, s: w.claim(*s.task_ids, worker="v", claim_id="d"),
        told=True,
    ),
    Case("claim what has ended", _unsettled, lambda w, s: w.claim(*s.task_ids, claim_id="d"), told=True),
    Case("report", _claimed({}, {}, {}, {}), _report(GOOD, AGAIN, BAD, RELEASED), told=True),
    Case("report the last", _claimed({}, {}), _report(GOOD, GOOD), told=True),
    Case("heartbeat past the time", _lease_ended(timeoutSeconds=30), _beat, told=True),
    Case("heartbeat past the last time", _lease_ended(timeoutSeconds=30, maxRetries=0), _beat, told=True),
    Case("PATCH a task", _tasks({}), _patch_task),
    Case("PATCH a run", _tasks({}), _patch_run),
    Case("cancel a task", _claimed({}, {}), _post("tasks/{task}/cancel")),
    Case("retry a task", _ended({"keep": True}, {}, auto=False), _post("tasks/{task}/retry")),
    Case("cancel a run", _claimed({}, {}, {}), _post("runs/{run}/cancel")),
    Case("cancel a small run", _claimed({}, {}), _post("runs/{run}/cancel"), inline_pages=8),
    Case("retry a run", _ended(*MIXED), _post("runs/{run}/retry")),
    Case("retry a small run", _ended(*MIXED), _post("runs/{run}/retry"), inline_pages=8),
    Case("walk a cancel", _hinted(_claimed({}, {}, {}), "cancel"), _work, repeated=True),
    Case("walk a retry", _hinted(_ended(*MIXED), "retry"), _work, repeated=True),
    Case("sweep", _waiting, _sweep, repeated=True),
    Case("dead letter, leased", _dead(_claimed({})), _dead_letter, repeated=True),
    Case("dead letter, claimable", _dead(_tasks({})), _dead_letter, repeated=True),
    Case("dead letter, ended", _dead(_unsettled), _dead_letter, repeated=True),
]
