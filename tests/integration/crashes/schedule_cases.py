"""Use cases of schedules that die; see `cases`. A fire has started one run, and a schedule is whole or not there."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from foreman_engine.service.announcements import announce_fires
from tests.integration.crashes.cases import BIG, Case, Scene
from tests.integration.crashes.world import World

NEVER_S = 31_536_000
OTHER = "".join(reversed(BIG))
"""As large as the one that it takes the place of: a template with either lies outside its schedule's item."""


def _template(mark: str, filling: str = BIG) -> dict[str, Any]:
    tasks = [
        {"ref": "a", "type": "t", "inputData": filling},
        {"type": "t", "inputData": 2, "dependsOn": ["a"]},
    ]
    return {"inputData": mark, "tasks": tasks}


def _body(mark: str, **fields: Any) -> dict[str, Any]:
    return {"name": mark, "everySeconds": NEVER_S, "template": _template(mark), **fields}


def _made(**fields: Any) -> Callable[[World], Scene]:
    """A schedule; its name is on whatever comes of it."""

    def prepare(world: World) -> Scene:
        mark = str(uuid4())
        schedule = world.post("schedules", _body(mark, **fields))
        return Scene("", facts={"mark": mark, "id": schedule["id"], "path": f"schedules/{schedule['id']}"})

    return prepare


def _named(world: World, scene: Scene) -> list[Any]:
    """The schedules of the scene."""
    found = world.get("schedules?limit=100")["data"]
    return [world.get(f"schedules/{each['id']}") for each in found if each["name"] == scene.facts["mark"]]


def _remove(world: World, scene: Scene) -> None:
    for schedule in _named(world, scene):
        assert world.api("DELETE", f"/api/v1/schedules/{schedule['id']}").status == 200
        assert _parts(world, schedule["id"]) == []


def _parts(world: World, schedule_id: str) -> list[Any]:
    """What lies in the partition of the schedule's template."""
    found: dict[str, Any] = world.dynamodb.query(
        TableName=world.api.services.settings.keys_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{world.api.org_id}#sched#{schedule_id}"}},
    )
    return list(found["Items"])


def _create(world: World, scene: Scene) -> None:
    mark = scene.facts["mark"]
    body = _body(mark, template=_template(mark, OTHER))
    scene.facts["id"] = world.post("schedules", body, key=f"create-{mark}")["id"]


def _is_whole(world: World, scene: Scene) -> None:
    found = _named(world, scene)
    assert [each["id"] for each in found] in ([], [scene.facts.get("id", (found or [{}])[0].get("id"))])
    for schedule in found:
        assert schedule["template"] == _template(scene.facts["mark"], OTHER)
    _remove(world, scene)


def _patch(world: World, scene: Scene) -> None:
    world.patch(scene.facts["path"], {"template": _template("new", OTHER), "paused": True})


def _is_old_or_new(world: World, scene: Scene) -> None:
    [schedule] = _named(world, scene)
    old, new = _template(scene.facts["mark"]), _template("new", OTHER)
    assert schedule["template"] == (new if schedule["paused"] else old)
    assert len({part["sk"]["S"].partition("#")[0] for part in _parts(world, schedule["id"])}) == 1
    _remove(world, scene)


def _delete(world: World, scene: Scene) -> None:
    # What was deleted before is not found when the request is repeated.
    assert world.api("DELETE", f"/api/v1/{scene.facts['path']}").status in (200, 404)


def _leaves_nothing(world: World, scene: Scene) -> None:
    gone = not _named(world, scene)
    assert (_parts(world, scene.facts["id"]) == []) is gone
    _remove(world, scene)


def _fire(world: World, scene: Scene) -> None:
    run = world.post(f"{scene.facts['path']}/fire", key=f"fire-{scene.facts['mark']}")
    assert run["taskIds"].keys() == {"a"}


def _due(world: World) -> Scene:
    """The work queue has the hint of a fire whose instant has come."""
    scene = _made(everySeconds=120)(world)
    world.clock.advance(120_000)
    assert announce_fires(world.api.ports) == 1
    scene.facts["received"] = world.receive(world.work_url)
    return scene


def _fire_due(world: World, scene: Scene) -> None:
    received = scene.facts["received"]
    assert world.lambda_work(received) == {"batchItemFailures": []}
    for message in received:
        world.sqs.delete_message(QueueUrl=world.work_url, ReceiptHandle=message["ReceiptHandle"])


def _started_at_most_one(world: World, scene: Scene) -> None:
    """The run, if there is one, is looked at as any other."""
    [schedule] = _named(world, scene)
    runs = world.get("runs?limit=100")["data"]
    mine = [run["id"] for run in runs if run["inputData"] == scene.facts["mark"]]
    assert mine == ([schedule["lastRunId"]] if "lastRunId" in schedule else [])
    if mine:
        scene.run_id = mine[0]
        scene.task_ids = [task["id"] for task in world.all_tasks(mine[0])]
    _remove(world, scene)


def _started_one(world: World, scene: Scene) -> None:
    _started_at_most_one(world, scene)
    assert len(scene.task_ids) == 2


SCHEDULE_CASES = [
    Case("create a schedule", lambda world: Scene("", facts={"mark": str(uuid4())}), _create, find=_is_whole),
    Case("PATCH a schedule", _made(), _patch, find=_is_old_or_new),
    Case("delete a schedule", _made(), _delete, find=_leaves_nothing),
    Case("fire by hand", _made(), _fire, find=_started_at_most_one),
    Case("fire in time", _due, _fire_due, repeated=True, find=_started_one),
]
