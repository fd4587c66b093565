"""Each use case is killed at every AWS call that changes something, before and after the call took effect, and all comes right.

First it is run unharmed and its writes are counted; then it is run anew for each of them.
"""

from collections import Counter
from typing import Any

import pytest

from foreman_engine.service import release, settle, walks, work
from tests.integration.crashes.cases import CASES, Case, Scene
from tests.integration.crashes.data_cases import DATA_CASES, check_data
from tests.integration.crashes.executioner import READS, Moment, When
from tests.integration.crashes.graph_cases import GRAPH_CASES
from tests.integration.crashes.schedule_cases import SCHEDULE_CASES
from tests.integration.crashes.world import World

pytestmark = pytest.mark.emulator
ENDED = ("completed", "failed", "cancelled")
MOST_TELLINGS = 3
"""By the dead request, by its repetition, and by the work queue."""


@pytest.mark.parametrize(
    ("case", "again"),
    [
        pytest.param(case, again, id=f"{case.name}, {'repeated' if again else 'given up'}")
        for case in (*CASES, *DATA_CASES, *GRAPH_CASES, *SCHEDULE_CASES)
        for again in (True, False)
        if again or not case.repeated
    ],
)
def test_all_comes_right_whichever_call_it_dies_at(
    world: World, case: Case, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walks, "PAGE", 1)
    monkeypatch.setattr(walks, "INLINE_PAGES", case.inline_pages)
    monkeypatch.setattr(work, "WORK_PAGES", 1)
    monkeypatch.setattr(release, "PAGE", 1)
    monkeypatch.setattr(settle, "INLINE_PAGES", case.inline_pages)
    monkeypatch.setattr(work, "RELEASE_PAGES", 1)
    writes = [name for name in play(world, case, None, again=again) if name not in READS]
    assert writes
    for moment in (Moment(when, number) for number in range(len(writes)) for when in When):
        try:
            play(world, case, moment, again=again)
        except AssertionError as error:
            raise AssertionError(f"killed {moment.when} number {moment.number} of {writes}") from error


def play(world: World, case: Case, moment: Moment | None, *, again: bool) -> list[str]:
    """Prepare, kill, recover, and look at what came of it; the calls that were made."""
    scene = case.prepare(world)
    finished = object()
    answer = world.survives(lambda: case.act(world, scene) or finished, moment)
    calls = list(world.executioner.calls)
    if answer is None and again:
        answer = case.act(world, scene) or finished
    if answer is not None and case.told:
        world.do_as_told(answer)
    world.let_go()
    world.come_to_rest()
    world.hear()
    if case.find is not None:
        case.find(world, scene)
    if scene.run_id:
        check(world, scene, again=again or moment is None)
    return calls


def check(world: World, scene: Scene, *, again: bool) -> None:
    """Everything ended once, is counted once, and was told; nobody waits for anything, and no link dangles."""
    run, tasks = world.get(f"runs/{scene.run_id}"), world.all_tasks(scene.run_id)
    assert run["totalTasks"] == len(tasks)
    assert {task["status"] for task in tasks} <= set(ENDED), tasks
    recount = Counter(task["status"] for task in tasks)
    assert {kind: run[f"{kind}Tasks"] for kind in ENDED} == {kind: recount[kind] for kind in ENDED}
    assert run["pendingTasks"] == 0
    if again:
        assert {task["id"] for task in tasks} == set(scene.task_ids)
    for task in tasks:
        check_task(world, task)
    check_graph(tasks)
    if tasks and run["autoComplete"]:
        assert run["status"] in ENDED
    if run["status"] in ENDED:
        assert 1 <= world.heard(f"run.{run['status']}", run["id"]) <= MOST_TELLINGS
    assert max(world.told.values()) <= MOST_TELLINGS, world.told.most_common(1)
    check_data(world, scene, again=again)


def check_task(world: World, task: dict[str, Any]) -> None:
    assert world.heard(f"task.{task['status']}", task["runId"], task["id"]) >= 1, task
    output = task.get("outputData")
    if isinstance(output, dict):
        assert output == {"attempt": task["attempt"]}


def check_graph(tasks: list[dict[str, Any]]) -> None:
    """Here every task waits for all that it depends on: none ran without, and none was cancelled without a cause."""
    by_id = {task["id"]: task for task in tasks}
    for task in (task for task in tasks if task.get("dependsOn")):
        ends = {by_id[each]["status"] for each in task["dependsOn"]}
        if task["status"] != "cancelled":
            assert ends == {"completed"}, task
        elif isinstance(error := task.get("errorData"), dict):
            assert error["code"] == "dependency_failed"
            assert by_id[error["taskId"]].get("attempt"), "the cause never ran"
