"""Use cases of run data that die; see `cases`. Entries and links must agree, whatever happened."""

from collections.abc import Callable
from typing import Any

from foreman_engine.domain.run_data import EntryState
from tests.contract.data_links import check_links
from tests.integration.crashes.cases import BIG, Case, Scene
from tests.integration.crashes.world import ORG, World

Written = tuple[str, tuple[str, ...]]
"""Key and tags of an entry."""
MANY = tuple(f"t{number:02}" for number in range(45))
"""Two entries with as many tags fill one transaction."""


def _written(*entries: Written, after: list[Written]) -> Callable[[World], Scene]:
    """A run with these entries, whose values lie outside their items; `after` is what shall be there in the end."""

    def prepare(world: World) -> Scene:
        run_id = world.run()
        scene = Scene(run_id, world.tasks(run_id, {}))
        made = [_write(world, scene, key, tags)["id"] for key, tags in entries]
        scene.facts |= {"entries": made, "before": list(entries), "after": after}
        return scene

    return prepare


def _write(
    world: World, scene: Scene, key: str, tags: tuple[str, ...], idempotency: str | None = None
) -> Any:
    body = {"taskId": scene.task_ids[0], "key": key, "value": BIG, "tags": list(tags)}
    return world.post(f"runs/{scene.run_id}/data", body, key=idempotency)


def _create(world: World, scene: Scene) -> None:
    _write(world, scene, "k", ("a", "b"), f"data-{scene.run_id}")


def _change(world: World, scene: Scene) -> None:
    [entry_id] = scene.facts["entries"]
    world.patch(f"runs/{scene.run_id}/data/{entry_id}/tags", {"remove": ["a", "b"], "add": ["c", "d"]})


def _delete(what: str) -> Callable[[World, Scene], None]:
    def act(world: World, scene: Scene) -> None:
        query = what.format(*scene.facts["entries"])
        answer = world.api("DELETE", f"/api/v1/runs/{scene.run_id}/data?{query}")
        # What was deleted before is not found when the request is repeated.
        assert answer.status in (200, 404), answer

    return act


def check_data(world: World, scene: Scene, *, again: bool) -> None:
    """Each link has its entry and the other way round; a request that was repeated has taken effect, once."""
    entries: list[EntryState] = check_links(world.api.ports, ORG, scene.run_id)
    left = sorted((entry.key, entry.tags) for entry in entries)
    before, after = sorted(scene.facts.get("before", [])), sorted(scene.facts.get("after", []))
    if again:
        assert left == after
    assert set(left) <= {*before, *after}
    assert len(left) in range(min(len(before), len(after)), max(len(before), len(after)) + 1)


OTHER: Written = ("k2", ("a",))
DATA_CASES = [
    Case("create run data", _written(after=[("k", ("a", "b"))]), _create),
    Case("change tags", _written(("k", ("a", "x", "b")), after=[("k", ("x", "c", "d"))]), _change),
    Case("delete an entry", _written(("k", ("a", "b")), OTHER, after=[OTHER]), _delete("id={0}")),
    Case("delete a key", _written(*[("k", MANY)] * 3, OTHER, after=[OTHER]), _delete("key=k")),
]
