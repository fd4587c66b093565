"""Use cases about graphs that die, as in `cases`."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.integration.crashes.cases import BAD, GOOD, Case, Scene, _post, _work
from tests.integration.crashes.executioner import Moment, When
from tests.integration.crashes.world import World

CHAIN = {"last": ["child"], "child": ["first"], "first": []}
FAN_OUT = {"left": ["first"], "right": ["first"], "first": [], "other": ["first"]}
DIAMOND = {"first": [], "last": ["left", "right"], "left": ["first"], "right": ["first"]}


def _body(graph: dict[str, list[str]], **of_first: Any) -> dict[str, Any]:
    def task(ref: str) -> dict[str, Any]:
        fields = {"type": "t", "inputData": 1, "ref": ref, "dependsOn": graph[ref], "maxRetries": 0}
        return fields | (of_first if ref == "first" else {})

    return {"inputData": None, "tasks": [task(ref) for ref in graph]}


def _graph(
    graph: dict[str, list[str]], *ended: str, claimed: str | None = None, auto: bool = True
) -> Callable[[World], Scene]:
    """A run whose tasks `ended` completed, in this order, or failed if they begin with `!`. `claimed` comes last in the scene."""

    def prepare(world: World) -> Scene:
        made = world.post("runs", {**_body(graph), "autoComplete": auto})
        ids = made["taskIds"]
        for name in ended:
            end(world, ids[name.removeprefix("!")], BAD if name.startswith("!") else {"status": "completed"})
        others = [task_id for ref, task_id in ids.items() if ref != claimed]
        if claimed is None:
            return Scene(made["id"], others, ids)
        world.take()
        assert world.claim(ids[claimed])[0]["outcome"] == "claimed"
        return Scene(made["id"], [*others, ids[claimed]], ids)

    return prepare


def end(world: World, task_id: str, result: dict[str, Any]) -> None:
    """A worker takes the task and is done with it, and so is the work queue with what comes of that."""
    world.take()
    world.do_as_told(world.claim(task_id, claim_id="prepared"), lambda _: result)
    while world.work():
        pass


def _report(result: dict[str, Any]) -> Callable[[World, Scene], Any]:
    return lambda world, scene: world.report({"id": scene.task_ids[-1], "attempt": 1, **result})


def _retry(ref: str) -> Callable[[World, Scene], Any]:
    def act(world: World, scene: Scene) -> Any:
        _post("tasks/{task}/retry")(world, Scene(scene.run_id, [scene.facts[ref]]))

    return act


def _create_behind(*refs: str) -> Callable[[World, Scene], Any]:
    def act(world: World, scene: Scene) -> Any:
        names = [scene.facts[ref] for ref in refs]
        task = {"runId": scene.run_id, "type": "t", "inputData": 1, "enqueue": True}
        tasks = [task | {"ref": "a", "dependsOn": names}, task | {"dependsOn": ["a"]}]
        made = world.post("tasks/batch", {"tasks": tasks}, key=f"behind-{scene.run_id}")
        known = scene.facts.setdefault("known", list(scene.task_ids))
        scene.task_ids = [*known, *(each["id"] for each in made["data"])]

    return act


def _create_graph(world: World, scene: Scene) -> Any:
    body = {**_body(DIAMOND), "metadata": {"nonce": scene.facts["nonce"]}}
    made = world.post("runs", body, key=scene.facts["nonce"])
    scene.run_id, scene.task_ids = made["id"], list(made["taskIds"].values())


def _find_graph(world: World, scene: Scene) -> None:
    """The run of a caller who never heard of it, if there is one."""
    for run in world.get("runs?limit=1")["data"]:
        if run.get("metadata") == {"nonce": scene.facts["nonce"]}:
            scene.run_id = run["id"]


def _left_to_the_work_queue(world: World) -> Scene:
    """A report was answered before all dependants were released."""
    scene = _graph(FAN_OUT, claimed="first")(world)
    world.do_as_told(_report(GOOD)(world, scene))
    scene.facts["received"] = world.receive(world.work_url)
    assert scene.facts["received"]
    return scene


def _retry_died(graph: dict[str, list[str]], *ended: str) -> Callable[[World], Scene]:
    """The retry of a run died right after its write, and the work queue has its hint."""

    def prepare(world: World) -> Scene:
        scene = _graph(graph, *ended)(world)
        moment = Moment(When.AFTER, operation="UpdateItem")
        retry = _post("runs/{run}/retry")
        assert world.survives(lambda: retry(world, scene) or True, moment) is None
        scene.facts["received"] = world.receive(world.work_url)
        assert scene.facts["received"]
        return scene

    return prepare


GRAPH_CASES = [
    Case("release", _graph(FAN_OUT, claimed="first"), _report(GOOD), told=True, inline_pages=8),
    Case("release page by page", _graph(FAN_OUT, claimed="first"), _report(GOOD), told=True),
    Case("release the join", _graph(DIAMOND, "first", "left", claimed="right"), _report(GOOD), told=True),
    Case("release on the work queue", _left_to_the_work_queue, _work, repeated=True),
    Case("cascade", _graph(CHAIN, claimed="first"), _report(BAD), told=True, inline_pages=8),
    Case("cascade level by level", _graph(CHAIN, claimed="first"), _report(BAD), told=True),
    Case("cancel the join", _graph(DIAMOND, "first", "!left"), _post("tasks/{task}/cancel"), inline_pages=8),
    Case("create behind an open task", _graph(CHAIN, claimed="first"), _create_behind("first", "last")),
    Case("create behind a failed task", _graph({"first": []}, "!first", auto=False), _create_behind("first")),
    Case(
        "create behind a completed task", _graph({"first": []}, "first", auto=False), _create_behind("first")
    ),
    Case(
        "create a run with a graph",
        lambda world: Scene("", [], {"nonce": str(uuid4())}),
        _create_graph,
        find=_find_graph,
    ),
    Case("retry a graph", _graph(CHAIN, "!first"), _post("runs/{run}/retry")),
    Case(
        "retry a small graph",
        _graph(DIAMOND, "first", "!left", "right"),
        _post("runs/{run}/retry"),
        inline_pages=8,
    ),
    Case("walk the retry of a graph", _retry_died(CHAIN, "!first"), _work, repeated=True),
    Case("retry a dependency", _graph(CHAIN, "!first", auto=False), _retry("first")),
    Case("retry a dependant", _graph(DIAMOND, "first", "!left", "right", auto=False), _retry("left")),
]
