"""Graphs while a retry of their run is under way: calls that stand still at the one place where it would matter."""

import pytest

from foreman_contract.enums import TaskStatus
from foreman_engine.service import walks
from tests.unit.engine.simulation.interleaving import STEP, Start
from tests.unit.engine.simulation.rest import check_rest, come_to_rest
from tests.unit.engine.simulation.scene import BAD, Scene


@pytest.fixture(autouse=True)
def pages_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "PAGE", 1)


def stop(scene: Scene, start: Start, before: str, times: int = 1) -> None:
    """Let a use case run until it stands, so many times, before a port call of that name."""
    start(STEP)
    [operation] = scene.world.stalled[-1:]
    while True:
        times -= operation.at[0] == before
        if not times:
            return
        scene.world.resume(scene.world.stalled.index(operation), STEP)


def go_on(scene: Scene, index: int) -> None:
    scene.world.resume(index, None)


def at_rest(scene: Scene) -> None:
    come_to_rest(scene.world)
    check_rest(scene.world)


def test_what_is_added_to_a_run_and_fails_behind_the_back_of_its_retry_is_a_failure() -> None:
    scene = Scene({"ref": "first"})
    scene.ends("first", BAD)
    # Once to begin the retry; once for the only page; then to say that the walk is done.
    stop(scene, lambda fault: scene.app.retry_run(scene.run_id, fault), before="save", times=3)
    assert scene.run.hold
    scene.adds("late", max_retries=0)
    scene.adds("behind", "late")
    scene.ends("late", BAD)
    assert scene.task("behind").status is TaskStatus.CANCELLED
    go_on(scene, 0)
    at_rest(scene)
    assert (scene.task("late").status, scene.task("late").attempt) == (TaskStatus.FAILED, 1)


def test_a_task_added_behind_a_failure_that_the_retry_opens_hears_how_it_ends_then() -> None:
    scene = Scene({"ref": "first"}, {"ref": "other", "depends_on": ["first"]})
    scene.ends("first", BAD)
    stop(scene, lambda fault: scene.app.retry_run(scene.run_id, fault), before="of_run")
    stop(scene, lambda fault: scene.adds("child", "first", fault=fault), before="create")
    go_on(scene, 0)
    scene.claims("first")
    scene.reports("first")
    go_on(scene, 0)
    assert scene.task("child").status is TaskStatus.QUEUED
    at_rest(scene)


def test_who_read_the_run_before_its_retry_releases_nothing_on_a_failure_that_is_put_back() -> None:
    first = {"ref": "first", "allow_failure": True}
    scene = Scene({"ref": "child", "depends_on": ["first"]}, first)
    scene.claims("first")
    stop(scene, lambda fault: scene.reports("first", BAD, fault), before="dependants")
    scene.app.cancel_task(scene.ids["child"], None)
    stop(scene, lambda fault: scene.app.retry_run(scene.run_id, fault), before="of_run", times=2)
    assert (scene.task("child").status, scene.task("first").status) == (TaskStatus.PENDING, TaskStatus.FAILED)
    go_on(scene, 0)
    assert scene.task("child").status is TaskStatus.PENDING
    go_on(scene, 0)
    at_rest(scene)
    assert scene.world.watcher.graphs.went_on == {scene.ids["child"]: 1}


def test_a_task_that_was_claimed_before_its_release_has_a_message() -> None:
    scene = Scene({"ref": "first"}, {"ref": "child", "depends_on": ["first"], "max_retries": 1})
    scene.claims("first")
    stop(scene, lambda fault: scene.reports("first", fault=fault), before="dependants")
    scene.claims("child")  # the watcher: whatever runs has a message
    assert scene.task("child").status is TaskStatus.RUNNING
    scene.world.kill()
    at_rest(scene)
    assert scene.task("child").status is TaskStatus.COMPLETED
