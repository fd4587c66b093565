"""Whoever dies between payload and record leaves no dangling reference, and what is left over is removed: that, and no more."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from chalicelib.adapters.dynamo import payloads
from chalicelib.adapters.dynamo.keys import INDEX_PARTITIONS
from foreman_engine.service.leaks import SETTLED_MS, remove_leaks
from infra.local import environment
from infra.local.cloud import local_session
from tests.factories import Api
from tests.integration.crashes.executioner import READS, Moment, When
from tests.integration.crashes.payload_oracle import PayloadOracle
from tests.integration.crashes.world import World

pytestmark = pytest.mark.emulator
_ORGANIZATIONS = itertools.count(1)
_NOISE: Final = "".join(random.Random(11).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789", k=30_000))
ITEM, OBJECT = _NOISE[:5_000], _NOISE
LATER_MS: Final = SETTLED_MS + 60_000
UNCOMMITTED: Final = Moment(When.BEFORE, operation="TransactWriteItems")


@dataclass
class Scene:
    """An organization of its own. What requests do is told apart by `nonce`."""

    world: World
    api: Api
    oracle: PayloadOracle
    run_id: str = ""
    task_ids: list[str] = field(default_factory=list)
    nonce: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api(method, f"/api/v1/{path}", body)
        assert answer.status in (200, 201), answer
        return answer.body

    def payload(self, text: str) -> str:
        """Text that no other request has."""
        return f"{next(self.nonce)} {text}"

    def prepare(self) -> None:
        """A run with two claimed tasks, one of which has an entry, all with large payloads."""
        self.run_id = self.call("POST", "runs", {"inputData": self.payload(ITEM)})["id"]
        one = {"runId": self.run_id, "type": "t", "enqueue": True}
        tasks = [one | {"inputData": self.payload(text)} for text in (ITEM, OBJECT)]
        self.task_ids = [task["id"] for task in self.call("POST", "tasks/batch", {"tasks": tasks})["data"]]
        refs = [{"id": each} for each in self.task_ids]
        claim = {"workerId": "w", "claimId": self.payload("c"), "tasks": refs}
        assert [each["outcome"] for each in self.call("POST", "tasks/claim", claim)["results"]] == [
            "claimed"
        ] * 2

    def reconcile(self) -> tuple[int, int]:
        """How many leaks were removed, and how many were too young."""
        leaks = list(remove_leaks(self.api.ports, self.api.org_id, 0))
        return sum(each.removed for each in leaks), sum(each.young for each in leaks)

    def leaked(self) -> set[str]:
        """What is stored and not referred to; nothing is referred to and not stored."""
        lying, referred = self.oracle.lying(self.api.org_id), self.oracle.referred(self.api.org_id)
        assert referred <= lying, "a reference dangles"
        return lying - referred

    def read_all(self) -> None:
        """Every record can be read with all its payloads."""
        for run in self.call("GET", "runs?limit=100")["data"]:
            self.call("GET", f"runs/{run['id']}")
            for task in self.call("GET", f"tasks?runId={run['id']}&limit=100")["data"]:
                self.call("GET", f"tasks/{task['id']}")
            self.call("GET", f"runs/{run['id']}/data")


@pytest.fixture
def scene(world: World, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(payloads, "MAX_ITEM_BYTES", 10_000)
    settings = world.api.services.settings
    session = local_session(environment.REGION)
    dynamodb, s3 = (
        session.client(name, endpoint_url=settings.aws_endpoint_url) for name in ("dynamodb", "s3")
    )
    api = world.api.another(f"leaks-{next(_ORGANIZATIONS)}")
    return Scene(world, api, PayloadOracle(settings, dynamodb, s3))


# Each writes a payload that becomes an item and one that becomes an object.


def create_run(scene: Scene) -> None:
    metadata = {"note": scene.payload(ITEM)}
    scene.call("POST", "runs", {"inputData": scene.payload(OBJECT), "metadata": metadata})


def create_run_with_an_item(scene: Scene) -> None:
    scene.call("POST", "runs", {"inputData": scene.payload(ITEM)})


def create_graph(scene: Scene) -> None:
    inputs = enumerate((ITEM, OBJECT, ITEM))
    tasks = [{"type": "t", "inputData": scene.payload(each), "ref": f"r{n}"} for n, each in inputs]
    scene.call("POST", "runs", {"inputData": scene.payload(ITEM), "tasks": tasks})


def create_tasks(scene: Scene) -> None:
    one = {"runId": scene.run_id, "type": "t"}
    tasks = [one | {"inputData": scene.payload(each)} for each in (ITEM, OBJECT)]
    scene.call("POST", "tasks/batch", {"tasks": tasks})


def report(scene: Scene) -> None:
    ends: tuple[dict[str, Any], ...] = (
        {"status": "completed", "outputData": scene.payload(ITEM)},
        {"status": "failed", "errorData": scene.payload(OBJECT), "retryable": False},
    )
    pairs = zip(scene.task_ids, ends, strict=True)
    results = [{"id": task_id, "attempt": 1} | end for task_id, end in pairs]
    scene.call("POST", "tasks/report", {"workerId": "w", "results": results})


def end_run(scene: Scene) -> None:
    ends = {"outputData": scene.payload(OBJECT), "errorData": scene.payload(ITEM)}
    scene.call("PATCH", f"runs/{scene.run_id}", {"status": "failed"} | ends)


def create_entry(scene: Scene) -> None:
    body = {"taskId": scene.task_ids[0], "key": "k", "value": scene.payload(OBJECT)}
    scene.call("POST", f"runs/{scene.run_id}/data", body | {"metadata": {"note": scene.payload(ITEM)}})


def delete_entry(scene: Scene) -> None:
    """Delete what there is; where a death has left nothing to delete, make it first."""
    if not scene.call("GET", f"runs/{scene.run_id}/data")["data"]:
        create_entry(scene)
    scene.call("DELETE", f"runs/{scene.run_id}/data?key=k")


Act = Callable[[Scene], None]
CREATING: Final = [create_run, create_run_with_an_item, create_graph, create_tasks, create_entry]
ENDING: Final = [report, end_run]
"""These can be done once to what was prepared."""


@pytest.mark.parametrize("act", [*CREATING, *ENDING, delete_entry])
def test_whichever_call_it_dies_at_only_leaks_are_left_and_they_are_removed(scene: Scene, act: Act) -> None:
    scene.prepare()
    executioner = scene.world.executioner
    executioner.survives(lambda: act(scene), None)
    writes = [name for name in executioner.calls if name not in READS]
    for moment in (Moment(when, number) for number in range(len(writes)) for when in When):
        if act in ENDING:
            scene.prepare()
        executioner.survives(lambda: act(scene), moment)
    left = len(scene.leaked())
    assert left, "no death left anything"
    assert scene.reconcile() == (0, left)
    scene.world.clock.advance(LATER_MS)
    assert scene.reconcile() == (left, 0)
    assert scene.leaked() == set()
    scene.read_all()


def test_a_zombie_between_its_payload_and_its_record_changes_nothing_of_its_successors(scene: Scene) -> None:
    scene.prepare()
    first, second = ({"status": "completed", "outputData": scene.payload(ITEM)} for _ in range(2))
    [task_id, _] = scene.task_ids

    def succeed() -> None:
        """The lease is over, and another worker takes the task and is done with it."""
        scene.world.clock.advance(3_600_000)
        claim = {"workerId": "v", "claimId": "next", "tasks": [{"id": task_id}]}
        assert scene.call("POST", "tasks/claim", claim)["results"][0]["task"]["attempt"] == 2
        result = second | {"id": task_id, "attempt": 2}
        scene.call("POST", "tasks/report", {"workerId": "v", "results": [result]})

    late = {"workerId": "w", "results": [first | {"id": task_id, "attempt": 1}]}
    answer = scene.world.executioner.interrupted(
        lambda: scene.call("POST", "tasks/report", late), UNCOMMITTED, succeed
    )
    assert [each["outcome"] for each in answer["results"]] == ["stale"]
    assert len(scene.leaked()) == 1
    scene.world.clock.advance(LATER_MS)
    assert scene.reconcile() == (1, 0)
    assert scene.leaked() == set()
    assert scene.call("GET", f"tasks/{task_id}")["outputData"] == second["outputData"]


@pytest.mark.parametrize("text", [ITEM, OBJECT], ids=["item", "object"])
def test_a_create_that_is_refused_takes_its_payloads_back(scene: Scene, text: str) -> None:
    """Two requests with one idempotency key: the later commit is refused."""
    body = {"inputData": scene.payload(text)}
    headers = {"Idempotency-Key": "once"}

    def create() -> Any:
        return scene.api("POST", "/api/v1/runs", body, headers=headers)

    made: list[Any] = []
    answer = scene.world.executioner.interrupted(create, UNCOMMITTED, lambda: made.append(create()))
    assert (made[0].status, answer.status) == (201, 200)
    assert answer.body == made[0].body
    assert len(scene.oracle.lying(scene.api.org_id)) == 1
    assert scene.leaked() == set()


@pytest.mark.parametrize("act", [*CREATING, *ENDING])
def test_a_write_that_is_under_way_while_leaks_are_removed_keeps_its_payloads(scene: Scene, act: Act) -> None:
    scene.prepare()
    executioner = scene.world.executioner
    executioner.survives(lambda: act(scene), None)
    writes = [name for name in executioner.calls if name not in READS]
    for number in range(len(writes)):
        if act in ENDING:
            scene.prepare()
        executioner.interrupted(lambda: act(scene), Moment(When.AFTER, number), scene.reconcile)
    assert scene.leaked() == set()
    scene.read_all()


@pytest.mark.parametrize("act", [create_tasks, delete_entry])
def test_what_is_written_while_leaks_are_removed_is_kept(scene: Scene, act: Act) -> None:
    """There are leaks to be removed; before whichever call of the operator a whole request comes in between.

    His first calls only read the index of runs.
    """
    scene.prepare()
    executioner = scene.world.executioner
    executioner.survives(scene.reconcile, None)
    for number in range(INDEX_PARTITIONS, len(executioner.calls) + 5):
        assert executioner.survives(lambda: create_entry(scene), UNCOMMITTED) is None
        scene.world.clock.advance(LATER_MS)
        moment = Moment(When.BEFORE, number, reads=True)
        assert executioner.interrupted(scene.reconcile, moment, lambda: act(scene)) == (2, 0)
    assert scene.leaked() == set()
    scene.read_all()
