"""TaskStore: what every implementation does about tasks that depend on each other."""

from dataclasses import replace

import pytest

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.errors import ConflictError, IdTakenError, StaleError
from foreman_engine.domain.runs import end_run
from foreman_engine.domain.tasks import Change, Counts, FanIn
from foreman_engine.service.ports import Ports, Writing
from tests.contract.backends import ON_TABLES
from tests.contract.graphs import behind, ended, ids, told
from tests.contract.states import Maker
from tests.contract.test_races import RACERS, race

pytestmark = ON_TABLES


@pytest.mark.parametrize("fan_in", [None, "all", "any", 1, 50])
def test_what_a_task_depends_on_is_read_as_it_was_written(
    ports: Ports, make: Maker, fan_in: FanIn | None
) -> None:
    run = make.stored_run()
    dependencies = make.stored_tasks(run, 50)
    [task] = make.tasks(
        run,
        1,
        depends_on=tuple(ids(dependencies)[::-1]),
        fan_in=fan_in,
        allow_failure=True,
        has_dependants=True,
        cause_id=dependencies[0].id,
    )
    ports.tasks.create(make.read_run(run.id), [task])
    assert make.read_task(task.id) == task
    page = ports.tasks.of_run(make.org_id, run.id, 1, None, ascending=False)
    assert page.tasks == (task,)


def test_an_open_dependency_learns_once_that_it_has_dependants(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    [dependency] = make.stored_tasks(run, 1)
    for _ in range(2):
        # The second writer still holds what was read before the first one told.
        made = behind(make, run, dependency)
        ports.tasks.create(run, made, Writing(dependencies=[dependency]))
    current = make.read_task(dependency.id)
    assert replace(current, rev=1) == told(dependency)
    assert current.rev in (1, 2)
    ports.tasks.create(run, behind(make, run, current), Writing(dependencies=[current]))
    assert make.read_task(dependency.id) == current


def test_who_ends_a_task_on_what_it_read_before_learns_of_its_dependants(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    [dependency] = make.stored_tasks(run, 1)
    ports.tasks.create(run, behind(make, run, dependency), Writing(dependencies=[dependency]))
    with pytest.raises(StaleError) as raised:
        ended(ports, dependency)
    assert raised.value.ids == (dependency.id,)
    assert ports.runs.counts(make.org_id, run.id) == Counts()


@pytest.mark.parametrize("knows", [False, True])
def test_a_dependency_that_ended_since_it_was_read_refuses_them_all(
    ports: Ports, make: Maker, knows: bool
) -> None:
    run = make.stored_run()
    stays, ends = make.stored_tasks(run, 2, has_dependants=knows)
    after = ended(ports, ends)
    made = behind(make, run, stays, ends, count=2)
    record = make.record("behind", *ids(made))
    with pytest.raises(StaleError) as raised:
        ports.tasks.create(run, made, Writing(record, [stays, ends]))
    assert raised.value.ids == (ends.id,)
    assert ports.tasks.get(make.org_id, ids(made)) == {}
    assert (make.read_task(stays.id), make.read_task(ends.id)) == (stays, after)
    assert make.read_run(run.id).total_tasks == 2
    assert ports.keys.record(make.org_id, record.scope) is None


@pytest.mark.parametrize("knows", [False, True])
def test_a_dependency_that_was_read_as_ended_learns_too(ports: Ports, make: Maker, knows: bool) -> None:
    run = make.stored_run()
    [dependency] = make.stored_tasks(run, 1, has_dependants=knows)
    failed = ended(ports, dependency, TaskStatus.FAILED)
    ports.tasks.create(run, behind(make, run, failed), Writing(dependencies=[failed]))
    assert make.read_task(failed.id) == (failed if knows else told(failed))


@pytest.mark.parametrize("knows", [False, True])
def test_a_dependency_that_was_read_as_ended_and_opened_since_refuses_them_all(
    ports: Ports, make: Maker, knows: bool
) -> None:
    run = make.stored_run()
    [dependency] = make.stored_tasks(run, 1, has_dependants=knows)
    failed = ended(ports, dependency, TaskStatus.FAILED)
    opened = replace(failed, status=TaskStatus.QUEUED, completed_at=None, duration_ms=None)
    [opened] = ports.tasks.save([Change(failed, opened)])
    made = behind(make, run, failed)
    with pytest.raises(StaleError) as raised:
        ports.tasks.create(run, made, Writing(dependencies=[failed]))
    assert raised.value.ids == (failed.id,)
    assert ports.tasks.get(make.org_id, ids(made)) == {}
    assert make.read_task(failed.id) == opened


def test_a_run_that_was_retried_since_it_was_read_refuses_them_all(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    after = ports.runs.save(run, replace(run, epoch=1, hold=True))
    made = make.tasks(run, 1)
    with pytest.raises(StaleError) as raised:
        ports.tasks.create(run, made)
    assert raised.value.ids == (run.id,)
    assert ports.tasks.get(make.org_id, ids(made)) == {}
    ports.tasks.create(after, made)
    assert make.read_run(run.id).total_tasks == 1


def test_a_run_that_has_ended_takes_no_dependants_either(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    [dependency] = make.stored_tasks(run, 1)
    read = make.read_run(run.id)
    ports.runs.save(read, end_run(read, RunStatus.FAILED, 1))
    with pytest.raises(ConflictError):
        ports.tasks.create(run, behind(make, run, dependency), Writing(dependencies=[dependency]))
    assert make.read_task(dependency.id) == dependency


def test_ninety_five_tasks_and_dependencies_and_a_record_are_one_transaction(
    ports: Ports, make: Maker
) -> None:
    run = make.stored_run()
    dependencies = make.stored_tasks(run, 45)
    made = behind(make, run, *dependencies, count=50)
    ports.tasks.create(run, made, Writing(make.record("many", *ids(made)), dependencies))
    assert ports.tasks.get(make.org_id, ids(made)) == {task.id: task for task in made}
    found = ports.tasks.get(make.org_id, ids(dependencies))
    assert list(map(found.get, ids(dependencies))) == [told(task) for task in dependencies]
    assert make.read_run(run.id).total_tasks == 95


@pytest.mark.parametrize("attempt", range(3))
def test_of_an_end_and_a_creation_behind_it_one_has_to_look_again(
    ports: Ports, make: Maker, attempt: int
) -> None:
    run = make.stored_run()
    [dependency] = make.stored_tasks(run, 1)
    made = behind(make, run, dependency)

    def end() -> None:
        ended(ports, dependency)

    def create() -> None:
        ports.tasks.create(run, made, Writing(dependencies=[dependency]))

    steps = [end, create] * (RACERS // 2)
    assert len(race(steps[attempt % 2 :], StaleError, IdTakenError)) == 1
    current = make.read_task(dependency.id)
    created = bool(ports.tasks.get(make.org_id, ids(made)))
    assert (current.ended, created) == (not created, current.has_dependants)
