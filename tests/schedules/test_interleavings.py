"""Graphs under every interleaving of the port calls of two or three use cases that meet.

After each port call the watcher judges what was written; after each schedule the world goes on until it comes to rest.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from foreman_contract.enums import ReportStatus, RunStatus, TaskStatus
from foreman_engine.service import walks
from tests.nightly import NIGHTLY, sized
from tests.unit.engine.simulation.interleaving import Start, play_every
from tests.unit.engine.simulation.rest import check_rest, come_to_rest
from tests.unit.engine.simulation.scene import BAD, GOOD, Scene
from tests.unit.engine.simulation.world import World


def at_rest(scene: Scene) -> None:
    come_to_rest(scene.world)
    check_rest(scene.world)


def play(make: Callable[[], tuple[Scene, list[list[Start]]]], judge: Callable[[Scene], None]) -> int:
    """Play every schedule, each on a scene of its own, and judge how it ends; how many there were."""
    scenes: list[Scene] = []

    def made() -> tuple[World, Sequence[Sequence[Start]]]:
        scene, programs = make()
        scenes[:] = [scene]
        return scene.world, programs

    return play_every(made, lambda _: judge(scenes[0]))


PARENTS: tuple[dict[str, Any], ...] = ({"ref": "left"}, {"ref": "right"})
FAN_INS = pytest.mark.parametrize("fan_in", ["all", "any", {"atLeast": 1}, {"atLeast": 2}])
BOTH_FAN_INS = pytest.mark.parametrize("fan_in", ["all", {"atLeast": 1}])
THREE_AT_ONCE = sized([False, True], [False])
"""What has thousands of schedules is left to the nightly run, where a smaller case of the same kind is played every time."""


def child(fan_in: Any = "all", *behind: str) -> dict[str, Any]:
    return {"ref": "child", "depends_on": list(behind) or ["left", "right"], "fan_in": fan_in}


def both_claimed(*tasks: dict[str, Any], auto: bool = True) -> Scene:
    scene = Scene(*tasks, auto=auto)
    scene.claims("left")
    scene.claims("right")
    return scene


@FAN_INS
@pytest.mark.parametrize("child_first", [False, True])
def test_a_diamond_releases_its_child_once_however_its_two_parents_end(
    fan_in: Any, child_first: bool
) -> None:
    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*((child(fan_in), *PARENTS) if child_first else (*PARENTS, child(fan_in))))
        return scene, [[scene.reporting("left")], [scene.reporting("right")]]

    def judge(scene: Scene) -> None:
        assert scene.task("child").status is TaskStatus.QUEUED
        at_rest(scene)
        assert scene.world.watcher.graphs.went_on == {scene.ids["child"]: 1}
        assert scene.run.status is RunStatus.COMPLETED

    assert play(make, judge) > 30


@BOTH_FAN_INS
@pytest.mark.parametrize("allow_failure", [False, True])
def test_of_two_parents_one_fails_and_one_completes(fan_in: Any, allow_failure: bool) -> None:
    left = {"ref": "left", "allow_failure": allow_failure}

    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(left, PARENTS[1], child(fan_in))
        return scene, [[scene.reporting("left", BAD)], [scene.reporting("right")]]

    goes_on = allow_failure or fan_in in ("any", {"atLeast": 1})

    def judge(scene: Scene) -> None:
        assert scene.task("child").status is (TaskStatus.QUEUED if goes_on else TaskStatus.CANCELLED)
        at_rest(scene)
        assert scene.run.status is (RunStatus.COMPLETED if allow_failure else RunStatus.FAILED)

    assert play(make, judge) > 20


def test_two_parents_that_fail_cancel_the_child_and_what_is_behind_it() -> None:
    last: list[dict[str, Any]] = sized([{"ref": "last", "depends_on": ["child"]}], [])

    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*last, *PARENTS, child())
        return scene, [[scene.reporting("left", BAD)], [scene.reporting("right", BAD)]]

    def judge(scene: Scene) -> None:
        assert {scene.task(ref).status for ref in ("child", "last")[: 1 + len(last)]} == {
            TaskStatus.CANCELLED
        }
        at_rest(scene)
        assert scene.run.status is RunStatus.FAILED

    assert play(make, judge) > 20


@pytest.mark.parametrize("says", [GOOD, BAD])
def test_a_task_is_added_behind_one_that_is_ending_at_that_very_moment(says: ReportStatus) -> None:
    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*PARENTS, auto=False)
        scene.reports("right")
        adding: Start = lambda fault: scene.adds("child", "left", "right", fault=fault)  # noqa: E731
        return scene, [[scene.reporting("left", says)], [adding]]

    def judge(scene: Scene) -> None:
        assert scene.task("child").status is (TaskStatus.QUEUED if says is GOOD else TaskStatus.CANCELLED)
        at_rest(scene)

    assert play(make, judge) > 5


@pytest.mark.parametrize("at_once", THREE_AT_ONCE)
def test_two_tasks_are_added_behind_one_that_is_ending(at_once: bool) -> None:
    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*PARENTS, auto=False)
        first: Start = lambda fault: scene.adds("child", "left", fault=fault)  # noqa: E731
        second: Start = lambda fault: scene.adds("other", "left", fault=fault)  # noqa: E731
        adding = [[first], [second]] if at_once else [[first, second]]
        return scene, [[scene.reporting("left")], *adding]

    def judge(scene: Scene) -> None:
        assert {scene.task(ref).status for ref in ("child", "other")} == {TaskStatus.QUEUED}
        at_rest(scene)

    assert play(make, judge) > 5


@pytest.mark.parametrize("enough", [True, False] if NIGHTLY else [True])
def test_a_task_is_added_behind_a_failure_that_is_being_retried(enough: bool) -> None:
    """Whatever was read of the failure, what becomes of it is heard."""

    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*PARENTS, auto=False)
        scene.reports("left", BAD)
        fan_in = {"fan_in": "any"} if enough else {}
        behind = ("left", "right") if enough else ("left",)
        adding: Start = lambda fault: scene.adds("child", *behind, fault=fault, **fan_in)  # noqa: E731
        again: list[Start] = [scene.retrying("left"), scene.claiming("left"), scene.reporting("left")]
        return scene, [again, [adding]]

    def judge(scene: Scene) -> None:
        allowed = {TaskStatus.QUEUED} if enough else {TaskStatus.QUEUED, TaskStatus.CANCELLED}
        if scene.task("left").status is TaskStatus.COMPLETED:
            assert scene.task("child").status in allowed
        at_rest(scene)

    assert play(make, judge) > 5


@pytest.mark.parametrize("at_once", THREE_AT_ONCE)
def test_a_child_is_released_while_it_is_claimed(at_once: bool) -> None:
    """The message of a release is out before the task is queued, and an old one may be at any time."""

    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*PARENTS, child())
        if not at_once:
            scene.reports("right")
        ends = [[scene.reporting(ref)] for ref in (["left", "right"] if at_once else ["left"])]
        return scene, [*ends, [scene.claiming("child")]]

    def judge(scene: Scene) -> None:
        assert scene.task("child").status in (TaskStatus.QUEUED, TaskStatus.RUNNING)
        at_rest(scene)
        assert scene.world.watcher.graphs.went_on == {scene.ids["child"]: 1}

    assert play(make, judge) > 10


def test_a_child_is_released_and_claimed_while_its_parent_is_retried() -> None:
    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*PARENTS, child(), auto=False)
        scene.reports("right")
        programs = [[scene.reporting("left")], [scene.retrying("right")], [scene.claiming("child")]]
        return scene, programs

    def judge(scene: Scene) -> None:
        at_rest(scene)
        assert scene.world.watcher.graphs.went_on == {scene.ids["child"]: 1}

    assert play(make, judge) > 50


@pytest.mark.parametrize("child_first", [False, True] if NIGHTLY else [False])
def test_a_parent_ends_while_the_retry_of_its_run_is_under_way(
    child_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walks, "PAGE", 1)
    behind = child("all", "left")

    def make() -> tuple[Scene, list[list[Start]]]:
        scene = Scene(*((behind, PARENTS[0]) if child_first else (PARENTS[0], behind)))
        scene.ends("left", BAD)
        assert scene.run.status is RunStatus.FAILED
        retry: Start = lambda fault: scene.app.retry_run(scene.run_id, fault)  # noqa: E731
        return scene, [[retry], [scene.claiming("left"), scene.reporting("left")]]

    def judge(scene: Scene) -> None:
        at_rest(scene)
        assert scene.run.status is RunStatus.COMPLETED

    assert play(make, judge) > 10


@pytest.mark.parametrize("says", [GOOD, BAD])
def test_a_parent_ends_while_its_run_is_cancelled(says: ReportStatus) -> None:
    def make() -> tuple[Scene, list[list[Start]]]:
        scene = both_claimed(*PARENTS, child("any"))
        cancel: Start = lambda fault: scene.app.cancel_run(scene.run_id, fault)  # noqa: E731
        return scene, [[cancel], [scene.reporting("left", says)]]

    def judge(scene: Scene) -> None:
        at_rest(scene)
        assert scene.run.status is RunStatus.CANCELLED
        assert scene.task("child").status is TaskStatus.CANCELLED

    assert play(make, judge) > 10
