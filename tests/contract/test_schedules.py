"""Schedules: written whole or not at all, changed on condition of their revision, found when they are due and in no other org."""

import random
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from foreman_contract import limits
from foreman_contract.enums import CatchUp, Overlap
from foreman_engine.domain.errors import AlreadyDoneError, IdTakenError, StaleError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.schedules import ScheduleChange, ScheduleState
from foreman_engine.domain.work import DueFire
from foreman_engine.service.ports import DUE_SHARDS, Ports, Writing
from tests.contract.backends import ON_TABLES
from tests.contract.states import Maker

pytestmark = ON_TABLES
NOW = 1_767_225_600_000
RUN_ID = "019b76da-a800-7000-8000-000000000000"
SMALL = '{"inputData":1,"tasks":[{"type":"t","inputData":"é"}]}'
LARGE = '{"inputData":"' + "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(50_000)) + '"}'
PLAIN = "".join(
    each for each in string.digits + string.ascii_letters + string.punctuation if each not in '"\\'
)
HUGE = '{"inputData":"' + "".join(random.Random(1).choices(PLAIN, k=limits.MAX_BODY_BYTES - 20)) + '"}'
"""Small: inside the schedule's item; large: beside it; huge: as much as a body holds, of what is hardest to compress."""
Write = Callable[..., ScheduleState]


@pytest.fixture
def write(ports: Ports, make: Maker) -> Write:
    def written(template: str = SMALL, **fields: object) -> ScheduleState:
        schedule = ScheduleState(
            id=ports.ids.schedule_id(NOW),
            org_id=make.org_id,
            name="nightly",
            template=Payload(template),
            next_fire_at=NOW + 60_000,
            created_at=NOW,
            updated_at=NOW,
            every_s=60,
        )
        schedule = replace(schedule, **fields)  # type: ignore[arg-type]
        ports.schedules.create(schedule, None)
        return schedule

    return written


def whole(ports: Ports, schedule: ScheduleState) -> ScheduleState | None:
    """What is stored, loaded and without the store's own name for the template."""
    found = ports.schedules.get(schedule.org_id, schedule.id)
    if found is None:
        return None
    [loaded] = ports.schedules.load([found])
    return replace(loaded, template=Payload(loaded.template.text))


def due(ports: Ports, schedule: ScheduleState, until_ms: int = NOW * 2) -> list[DueFire]:
    found = [fire for shard in range(DUE_SHARDS) for fire in ports.schedules.due(shard, until_ms)]
    return [fire for fire in found if fire.org_id == schedule.org_id]


@pytest.mark.parametrize("template", [SMALL, LARGE, HUGE], ids=["small", "large", "huge"])
def test_a_schedule_comes_back_equal(ports: Ports, write: Write, template: str) -> None:
    plain = write(template)
    assert whole(ports, plain) == plain
    full = write(
        template,
        cron="0 3 * * *",
        every_s=None,
        time_zone="Europe/Berlin",
        overlap=Overlap.ALLOW,
        catch_up=CatchUp.SKIP,
        paused=True,
        last_fire_at=NOW - 1,
        last_run_id=RUN_ID,
    )
    assert whole(ports, full) == full


def test_a_schedule_is_nobody_elses(ports: Ports, write: Write) -> None:
    schedule = write()
    assert ports.schedules.get("someone-else", schedule.id) is None
    assert ports.schedules.rows("someone-else", 10, None, ascending=True) == []


def test_an_id_is_given_once(ports: Ports, write: Write) -> None:
    with pytest.raises(IdTakenError):
        ports.schedules.create(write(), None)


def test_a_record_makes_it_repeatable(ports: Ports, make: Maker, write: Write) -> None:
    template = write()
    record = make.record("create", "made")
    ports.schedules.create(replace(template, id=ports.ids.schedule_id(NOW)), record)
    second = replace(template, id=ports.ids.schedule_id(NOW))
    with pytest.raises(AlreadyDoneError) as done:
        ports.schedules.create(second, record)
    assert done.value.object_ids == ("made",)
    assert ports.schedules.get(second.org_id, second.id) is None


@pytest.mark.parametrize("first", [SMALL, LARGE, HUGE], ids=["small", "large", "huge"])
@pytest.mark.parametrize("second", [SMALL, LARGE], ids=["small", "large"])
def test_a_change_is_whole(ports: Ports, write: Write, first: str, second: str) -> None:
    schedule = write(first)
    after = replace(schedule, name="m", template=Payload(f"[{second}]"), next_fire_at=NOW + 7)
    saved = ports.schedules.save(ScheduleChange(schedule, after))
    assert whole(ports, schedule) == replace(after, rev=1)
    assert [saved.rev, saved.next_fire_at] == [1, NOW + 7]
    assert ports.schedules.load([saved])[0].template.text == f"[{second}]"
    assert due(ports, schedule) == [DueFire(schedule.org_id, schedule.id, NOW + 7)]


@pytest.mark.parametrize("template", [SMALL, LARGE], ids=["small", "large"])
def test_a_template_that_was_not_loaded_stays(ports: Ports, write: Write, template: str) -> None:
    schedule = write(template)
    stored = ports.schedules.get(schedule.org_id, schedule.id)
    assert stored is not None
    ports.schedules.save(ScheduleChange(stored, replace(stored, name="m")))
    assert whole(ports, schedule) == replace(schedule, name="m", rev=1)


def test_a_template_that_was_replaced_since_is_answered_as_it_was_or_not_at_all(
    ports: Ports, write: Write
) -> None:
    schedule = write(LARGE)
    stored = ports.schedules.get(schedule.org_id, schedule.id)
    assert stored is not None
    ports.schedules.save(ScheduleChange(stored, replace(stored, template=Payload("1"))))
    with suppress(StaleError):
        assert ports.schedules.load([stored])[0].template.text == LARGE


def test_who_read_an_old_state_changes_and_removes_nothing(ports: Ports, write: Write) -> None:
    old = write(LARGE)
    ports.schedules.save(ScheduleChange(old, replace(old, name="m")))
    with pytest.raises(StaleError):
        ports.schedules.save(ScheduleChange(old, replace(old, name="n", template=Payload("1"))))
    with pytest.raises(StaleError):
        ports.schedules.delete(old)
    assert whole(ports, old) == replace(old, name="m", rev=1)


@pytest.mark.parametrize("template", [SMALL, HUGE], ids=["small", "huge"])
def test_what_is_deleted_is_gone(ports: Ports, write: Write, template: str) -> None:
    stored = ports.schedules.get((made := write(template)).org_id, made.id)
    assert stored is not None
    ports.schedules.delete(stored)
    assert ports.schedules.get(stored.org_id, stored.id) is None
    assert due(ports, stored) == []
    with pytest.raises(StaleError):
        ports.schedules.delete(stored)
    with pytest.raises(StaleError):
        ports.schedules.save(ScheduleChange(stored, replace(stored, name="m")))


def test_of_many_that_change_it_at_once_one_does(ports: Ports, write: Write) -> None:
    schedule = write()

    def change(name: str) -> bool:
        try:
            ports.schedules.save(ScheduleChange(schedule, replace(schedule, name=name)))
        except StaleError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        changed = list(pool.map(change, "abcdefgh"))
    assert changed.count(True) == 1
    assert whole(ports, schedule) == replace(schedule, name="abcdefgh"[changed.index(True)], rev=1)


def test_they_are_listed_by_creation_from_either_end(ports: Ports, write: Write) -> None:
    schedules = [write() for _ in range(6)]
    made, org_id = [each.id for each in schedules], schedules[0].org_id

    def listed(limit: int, after_id: str | None, *, ascending: bool) -> list[str]:
        return [each.id for each in ports.schedules.rows(org_id, limit, after_id, ascending=ascending)]

    assert listed(10, None, ascending=True) == made
    assert listed(10, None, ascending=False) == made[::-1]
    assert listed(2, made[1], ascending=True) == made[2:4]
    assert listed(2, made[2], ascending=False) == made[1::-1]
    assert ports.schedules.count(org_id, 100) == 6
    assert 3 <= ports.schedules.count(org_id, 2) <= 6


def test_only_what_may_fire_by_then_is_due_and_the_earliest_comes_first(ports: Ports, write: Write) -> None:
    made = [write(next_fire_at=NOW + 1000 * number) for number in range(40)]
    write(next_fire_at=NOW, paused=True)
    found = due(ports, made[0], NOW + 20_000)
    assert sorted(found, key=lambda fire: fire.at) == [
        DueFire(each.org_id, each.id, each.next_fire_at) for each in made[:21]
    ]
    for shard in range(DUE_SHARDS):
        instants = [fire.at for fire in ports.schedules.due(shard, NOW * 2)]
        assert instants
        assert instants == sorted(instants)


class TestFire:
    @pytest.fixture
    def run(self, make: Maker) -> RunState:
        return replace(make.run(), total_tasks=1)

    def test_the_run_and_the_schedule_are_written_together(
        self, ports: Ports, make: Maker, write: Write, run: RunState
    ) -> None:
        schedule = write(LARGE)
        stored = ports.schedules.get(schedule.org_id, schedule.id)
        assert stored is not None
        after = replace(stored, next_fire_at=NOW + 120_000, last_run_id=run.id, last_fire_at=NOW)
        writing = Writing(new_run=True, fired=ScheduleChange(stored, after))
        ports.tasks.create(run, make.tasks(run, 1), writing)
        assert ports.runs.get(run.org_id, [run.id])
        assert whole(ports, schedule) == replace(
            schedule, next_fire_at=NOW + 120_000, last_run_id=run.id, last_fire_at=NOW, rev=1
        )

    def test_neither_is_written_when_the_schedule_has_changed(
        self, ports: Ports, make: Maker, write: Write, run: RunState
    ) -> None:
        schedule = write()
        ports.schedules.save(ScheduleChange(schedule, replace(schedule, name="m")))
        writing = Writing(new_run=True, fired=ScheduleChange(schedule, replace(schedule, last_run_id=run.id)))
        with pytest.raises(StaleError) as stale:
            ports.tasks.create(run, make.tasks(run, 1), writing)
        assert stale.value.ids == (schedule.id,)
        assert ports.runs.get(run.org_id, [run.id]) == {}
        assert whole(ports, schedule) == replace(schedule, name="m", rev=1)

    def test_of_many_fires_at_once_one_starts_a_run(self, ports: Ports, make: Maker, write: Write) -> None:
        schedule = write()
        runs = [replace(make.run(), total_tasks=1) for _ in range(8)]
        planned = [(run, make.tasks(run, 1)) for run in runs]

        def fire(number: int) -> bool:
            run, tasks = planned[number]
            change = ScheduleChange(schedule, replace(schedule, last_run_id=run.id))
            try:
                ports.tasks.create(run, tasks, Writing(new_run=True, fired=change))
            except StaleError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            fired = list(pool.map(fire, range(8)))
        assert fired.count(True) == 1
        started = ports.runs.get(make.org_id, [run.id for run in runs])
        assert list(started) == [runs[fired.index(True)].id]
