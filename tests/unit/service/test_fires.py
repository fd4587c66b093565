"""Schedules fire: one run a fire, at its instant, whoever dies, repeats or comes between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.events.sweep import sweep
from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.work import DueFire
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.announcements import LOOK_AHEAD_MS, announce_fires
from foreman_engine.service.ports import Ports
from foreman_engine.service.schedule_fires import fire_due, fire_now
from foreman_engine.service.work import finish_work
from infra.local.trigger_events import scheduled_event
from tests.factories import Api, installed
from tests.unit.api.flows import claim, finish, get_run, messages
from tests.unit.api.test_routes import SCHEDULE

MINUTE_MS = 60_000
TASKS = [{"ref": "a", "type": "t", "inputData": 1}, {"type": "t", "inputData": 2, "dependsOn": ["a"]}]
EVERY_MINUTE = {"name": "tick", "everySeconds": 60, "template": {"inputData": {"n": 1}, "tasks": TASKS}}


@pytest.fixture
def make(api: Api) -> Callable[..., dict[str, Any]]:
    def made(**fields: Any) -> dict[str, Any]:
        answer = api("POST", "/api/v1/schedules", {**EVERY_MINUTE, **fields})
        assert answer.status == 201, answer
        return dict(answer.body)

    return made


def get(api: Api, schedule: dict[str, Any]) -> dict[str, Any]:
    return dict(api("GET", f"/api/v1/schedules/{schedule['id']}").body)


def runs(api: Api) -> list[dict[str, Any]]:
    """Every run, the oldest first."""
    return list(api("GET", "/api/v1/runs?sortOrder=asc").body["data"])


def next_fire(api: Api, schedule: dict[str, Any]) -> DueFire:
    return DueFire(api.org_id, schedule["id"], get(api, schedule)["nextFireAt"])


def do_work(api: Api) -> int:
    """Do what is visible on the work queue; how much that was."""
    queue: Any = api.ports.messages.work  # type: ignore[attr-defined]
    received = queue.receive(100, MINUTE_MS)
    for each in received:
        finish_work(api.ports, each.body)
        queue.delete(each.receipt)
    return len(received)


def minute(api: Api, clock: ManualClock, step_ms: int = 1000) -> None:
    """A minute that begins with a sweep, second by second."""
    announce_fires(api.ports)
    for _ in range(0, MINUTE_MS, step_ms):
        do_work(api)
        clock.advance(step_ms)
    do_work(api)


class TestOnTime:
    def test_each_fire_starts_one_run_at_its_instant(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        schedule = make(overlap="allow")
        clock.advance(17_000)
        for _ in range(5):
            minute(api, clock)
        began = schedule["createdAt"]
        assert [run["createdAt"] for run in runs(api)] == [began + n * MINUTE_MS for n in range(1, 6)]
        now = get(api, schedule)
        last = runs(api)[-1]
        assert (now["lastRunId"], now["lastFireAt"]) == (last["id"], last["createdAt"])
        assert now["nextFireAt"] == began + 6 * MINUTE_MS

    def test_the_run_is_that_of_the_template(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        queue = "reports:results"
        make(template={"inputData": {"n": 1}, "metadata": {"m": 2}, "tasks": TASKS, "resultQueue": queue})
        clock.advance(MINUTE_MS)
        minute(api, clock)
        [run] = runs(api)
        assert (run["inputData"], run["metadata"], run["totalTasks"]) == ({"n": 1}, {"m": 2}, 2)
        for task in api("GET", f"/api/v1/tasks?runId={run['id']}&sortOrder=asc").body["data"]:
            assert finish(api, task["id"])["outcome"] == "recorded"
        assert get_run(api, run["id"])["status"] == "completed"
        assert {event["event"] for event in messages(api, queue)} == {"task.completed", "run.completed"}

    def test_a_sweep_announces_what_comes_before_the_next_two_sweeps_and_nothing_later(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        make(everySeconds=3600)
        clock.advance(3_600_000 - LOOK_AHEAD_MS - 1)
        assert announce_fires(api.ports) == 0
        clock.advance(1)
        assert (announce_fires(api.ports), do_work(api)) == (1, 0)
        clock.advance(LOOK_AHEAD_MS - 1)
        assert (do_work(api), len(runs(api))) == (0, 0)
        clock.advance(1)
        assert (do_work(api), len(runs(api))) == (1, 1)

    @pytest.mark.parametrize("how", ["created", "patched", "resumed"])
    def test_one_that_becomes_due_before_the_next_sweep_waits_for_none(
        self, api: Api, clock: ManualClock, make: Callable[..., Any], how: str
    ) -> None:
        schedule = make(**({} if how == "created" else {"everySeconds": 3600, "paused": how == "resumed"}))
        if how != "created":
            patch = {"everySeconds": 60, "paused": False}
            assert api("PATCH", f"/api/v1/schedules/{schedule['id']}", patch).status == 200
        clock.advance(MINUTE_MS - 1)
        assert (do_work(api), len(runs(api))) == (0, 0)
        clock.advance(1)
        do_work(api)
        assert len(runs(api)) == 1

    def test_a_hint_that_comes_early_waits_for_its_instant(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        fire = next_fire(api, make(everySeconds=120))
        clock.set(fire.at - 400)
        fire_due(api.ports, fire)
        assert runs(api) == []
        clock.advance(999)
        assert do_work(api) == 0
        clock.advance(1)
        assert (do_work(api), len(runs(api))) == (1, 1)

    def test_one_that_was_late_makes_none_late_that_follow(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        began = make(overlap="allow")["createdAt"]
        clock.advance(MINUTE_MS + 15_000)
        for _ in range(3):
            minute(api, clock)
        at = [run["createdAt"] - began for run in runs(api)]
        assert at == [MINUTE_MS + 15_000, 2 * MINUTE_MS, 3 * MINUTE_MS, 4 * MINUTE_MS]

    def test_the_minutes_sweep_announces_fires(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        make(everySeconds=90)
        with installed(api.services):
            sweep(scheduled_event("sweep", "us-east-1"), None)
        clock.advance(90_000)
        assert (do_work(api), len(runs(api))) == (1, 1)


class TestOnce:
    @pytest.fixture
    def fire(self, api: Api, clock: ManualClock, make: Callable[..., Any]) -> DueFire:
        fire = next_fire(api, make(everySeconds=120, overlap="allow"))
        clock.set(fire.at)
        return fire

    def test_a_hint_that_comes_again_starts_nothing(self, api: Api, fire: DueFire) -> None:
        for _ in range(3):
            fire_due(api.ports, fire)
        assert len(runs(api)) == 1

    def test_of_sixteen_at_once_one_starts_a_run(self, api: Api, fire: DueFire) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: fire_due(api.ports, fire), range(16)))
        assert len(runs(api)) == 1

    def test_who_dies_before_the_write_leaves_the_fire_to_the_next(self, api: Api, fire: DueFire) -> None:
        with pytest.raises(UnavailableError):
            fire_due(between(api.ports, "create", dying), fire)
        assert runs(api) == []
        announce_fires(api.ports)
        assert (do_work(api), len(runs(api))) == (1, 1)

    def test_a_fire_by_hand_between_read_and_write_is_another_run(self, api: Api, fire: DueFire) -> None:
        def by_hand() -> None:
            fire_now(api.ports, fire.org_id, fire.schedule_id)

        fire_due(between(api.ports, "create", by_hand), fire)
        assert len(runs(api)) == 2

    def test_a_pause_between_read_and_write_is_in_time(self, api: Api, fire: DueFire) -> None:
        def pause() -> None:
            api("PATCH", f"/api/v1/schedules/{fire.schedule_id}", {"paused": True})

        fire_due(between(api.ports, "create", pause), fire)
        assert runs(api) == []

    def test_a_deletion_between_read_and_write_is_in_time(self, api: Api, fire: DueFire) -> None:
        def delete() -> None:
            assert api("DELETE", f"/api/v1/schedules/{fire.schedule_id}").status == 200

        fire_due(between(api.ports, "create", delete), fire)
        assert runs(api) == []

    def test_a_template_that_changes_between_read_and_write_is_the_one_that_runs(
        self, api: Api, fire: DueFire
    ) -> None:
        def patch() -> None:
            template = {"inputData": "new", "tasks": TASKS}
            assert api("PATCH", f"/api/v1/schedules/{fire.schedule_id}", {"template": template}).status == 200

        fire_due(between(api.ports, "create", patch), fire)
        assert [run["inputData"] for run in runs(api)] == ["new"]

    def test_a_hint_for_another_instant_is_no_longer_good(self, api: Api, fire: DueFire) -> None:
        api("PATCH", f"/api/v1/schedules/{fire.schedule_id}", {"everySeconds": 240})
        fire_due(api.ports, fire)
        assert runs(api) == []

    def test_a_hint_for_a_schedule_of_another_organization_starts_nothing(
        self, api: Api, fire: DueFire
    ) -> None:
        fire_due(api.ports, replace(fire, org_id="globex"))
        assert runs(api) == []
        assert runs(api.another("globex")) == []


def dying() -> None:
    raise UnavailableError("killed")


def between(ports: Ports, method: str, then: Callable[[], None], times: int = 1) -> Ports:
    """The ports, before whose first so many `method` of the task store something else happens."""
    happened = 0

    class Between:
        def __getattr__(self, name: str) -> Any:
            nonlocal happened
            if name == method and happened < times:
                happened += 1
                then()
            return getattr(ports.tasks, name)

    tasks: Any = Between()
    return replace(ports, tasks=tasks)


class TestOverlap:
    def test_no_run_is_started_beside_one_that_is_open(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        schedule = make()
        clock.advance(30_000)
        for _ in range(3):
            minute(api, clock)
        [run] = runs(api)
        assert get(api, schedule)["nextFireAt"] == schedule["createdAt"] + 4 * MINUTE_MS
        api("POST", f"/api/v1/runs/{run['id']}/cancel")
        minute(api, clock)
        assert len(runs(api)) == 2

    def test_a_run_by_hand_counts_as_the_last(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        schedule = make()
        by_hand = api("POST", f"/api/v1/schedules/{schedule['id']}/fire").body
        clock.advance(30_000)
        minute(api, clock)
        assert [run["id"] for run in runs(api)] == [by_hand["id"]]


class TestMissed:
    """Nothing ran for an hour and a half."""

    AWAY_MS = 90 * MINUTE_MS

    @pytest.mark.parametrize(("catch_up", "made_up_for"), [("once", 1), ("skip", 0)])
    def test_what_was_missed_is_made_up_for_once_or_not(
        self, api: Api, clock: ManualClock, make: Callable[..., Any], catch_up: str, made_up_for: int
    ) -> None:
        schedule = make(everySeconds=600, catchUp=catch_up, overlap="allow")
        clock.advance(self.AWAY_MS + 100_000)
        minute(api, clock)
        assert len(runs(api)) == made_up_for
        assert get(api, schedule)["nextFireAt"] == schedule["createdAt"] + 100 * MINUTE_MS

    @pytest.mark.parametrize("late_ms", [0, 89_999, 90_000])
    def test_a_fire_that_is_merely_late_is_not_missed(
        self, api: Api, clock: ManualClock, make: Callable[..., Any], late_ms: int
    ) -> None:
        fire = next_fire(api, make(everySeconds=600, catchUp="skip"))
        clock.set(fire.at + late_ms)
        fire_due(api.ports, fire)
        assert len(runs(api)) == 1


class TestByHand:
    def test_a_paused_and_busy_schedule_starts_a_run_all_the_same(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        schedule = make(paused=True)
        answers = [api("POST", f"/api/v1/schedules/{schedule['id']}/fire") for _ in range(2)]
        assert [answer.status for answer in answers] == [201, 201]
        assert [run["id"] for run in runs(api)] == [answer.body["id"] for answer in answers]
        now = get(api, schedule)
        assert (now["lastRunId"], now["lastFireAt"]) == (answers[1].body["id"], clock.now_ms())
        assert (now["nextFireAt"], now["updatedAt"]) == (schedule["nextFireAt"], schedule["updatedAt"])

    def test_the_answer_names_the_tasks(self, api: Api, make: Callable[..., Any]) -> None:
        path = f"/api/v1/schedules/{make()['id']}/fire"
        first = api("POST", path, headers={"Idempotency-Key": "k"})
        again = api("POST", path, headers={"Idempotency-Key": "k"})
        assert (first.status, again.status) == (201, 200)
        assert first.body == again.body
        assert claim(api, first.body["taskIds"]["a"])["outcome"] == "claimed"

    def test_a_repeated_one_does_not_tell_an_earlier_runs_tasks_by_a_later_template(
        self, api: Api, clock: ManualClock, make: Callable[..., Any]
    ) -> None:
        path = f"/api/v1/schedules/{make()['id']}"
        first = api("POST", f"{path}/fire", headers={"Idempotency-Key": "k"})
        clock.advance(1)
        template = {"inputData": 1, "tasks": [{"ref": "b", "type": "t", "inputData": 1}]}
        assert api("PATCH", path, {"template": template}).status == 200
        again = api("POST", f"{path}/fire", headers={"Idempotency-Key": "k"})
        assert (again.status, again.body["id"]) == (200, first.body["id"])
        assert "taskIds" not in again.body

    def test_sixteen_at_once_are_sixteen_runs(self, api: Api, make: Callable[..., Any]) -> None:
        schedule = make()

        def another() -> None:
            assert api("POST", f"/api/v1/schedules/{schedule['id']}/fire").status == 201

        fire_now(between(api.ports, "create", another, times=15), api.org_id, schedule["id"])
        assert len(runs(api)) == 16

    def test_sixteen_with_one_key_are_one_run(self, api: Api, make: Callable[..., Any]) -> None:
        path = f"/api/v1/schedules/{make()['id']}/fire"
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: api("POST", path, headers={"Idempotency-Key": "k"}), range(16)))
        assert sorted(answer.status for answer in answers) == [200] * 15 + [201]
        assert len(runs(api)) == 1


def test_a_schedule_of_the_routes_own_tests_fires(api: Api, clock: ManualClock) -> None:
    """So that those who try bodies try one that works."""
    schedule = api("POST", "/api/v1/schedules", SCHEDULE).body
    clock.set(schedule["nextFireAt"])
    fire_due(api.ports, next_fire(api, schedule))
    assert len(runs(api)) == 1
