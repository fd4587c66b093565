"""A save of tasks that asserts their run: nothing is written once the run has moved on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.errors import StaleError
from foreman_engine.domain.runs import RunState, end_run
from foreman_engine.domain.tasks import Change, Counts, TaskState, finish
from foreman_engine.service.ports import Ports, RunGuard
from tests.contract.states import Maker
from tests.contract.test_races import RACERS, race

BOTH = pytest.mark.parametrize("touch", [False, True])


def step(task: TaskState) -> Change:
    return Change(task, replace(task, attempt=task.attempt + 1))


def end(task: TaskState) -> Change:
    return Change(task, finish(task, TaskStatus.FAILED, 9))


STEPS = pytest.mark.parametrize("change", [step, end])


@BOTH
@STEPS
@pytest.mark.parametrize("epoch", [0, 3])
@pytest.mark.parametrize("count", [1, 25])
def test_what_its_run_allows_is_written(
    ports: Ports, make: Maker, touch: bool, change: Callable[[TaskState], Change], epoch: int, count: int
) -> None:
    run = make.stored_run(epoch=epoch)
    changes = [change(task) for task in make.stored_tasks(run, count)]
    saved = ports.tasks.save(changes, RunGuard(run, touch))
    assert saved == [replace(each.after, rev=1) for each in changes]
    assert ports.tasks.get(make.org_id, [each.id for each in saved]) == {each.id: each for each in saved}
    assert make.read_run(run.id) == replace(run, total_tasks=count, rev=int(touch))
    assert ports.runs.counts(make.org_id, run.id).failed == (count if change is end else 0)


@BOTH
@STEPS
@pytest.mark.parametrize(
    "moved",
    [
        lambda run: replace(run, epoch=run.epoch + 1),
        lambda run: end_run(run, RunStatus.CANCELLED, 5),
        lambda run: replace(end_run(run, RunStatus.CANCELLED, 5), epoch=run.epoch + 1),
    ],
)
@pytest.mark.parametrize("epoch", [0, 1])
def test_a_run_that_moved_on_refuses_everything(
    ports: Ports,
    make: Maker,
    touch: bool,
    change: Callable[[TaskState], Change],
    moved: Callable[[RunState], RunState],
    epoch: int,
) -> None:
    run = make.stored_run(epoch=epoch)
    tasks = make.stored_tasks(run, 2)
    current = make.read_run(run.id)
    after = ports.runs.save(current, moved(current))
    with pytest.raises(StaleError) as raised:
        ports.tasks.save([change(task) for task in tasks], RunGuard(current, touch))
    assert raised.value.ids == (run.id,)
    assert [make.read_task(task.id) for task in tasks] == tasks
    assert ports.runs.counts(make.org_id, run.id) == Counts()
    assert make.read_run(run.id) == after


@BOTH
def test_only_a_touch_asserts_the_revision(ports: Ports, make: Maker, touch: bool) -> None:
    run = make.stored_run(epoch=2)
    [task] = make.stored_tasks(run, 1)
    read = make.read_run(run.id)
    after = ports.runs.save(read, replace(read, updated_at=5))
    if not touch:
        ports.tasks.save([step(task)], RunGuard(read))
    else:
        with pytest.raises(StaleError) as raised:
            ports.tasks.save([step(task)], RunGuard(read, touch=True))
        assert raised.value.ids == (run.id,)
    assert make.read_run(run.id) == after


def test_a_touch_keeps_others_from_saving_the_run_as_it_was_read(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    [task] = make.stored_tasks(run, 1)
    read = make.read_run(run.id)
    [saved] = ports.tasks.save([step(task)], RunGuard(read, touch=True))
    with pytest.raises(StaleError):
        ports.runs.save(read, end_run(read, RunStatus.COMPLETED, 5))
    touched = replace(read, rev=read.rev + 1)
    ports.tasks.save([step(saved)], RunGuard(touched, touch=True))
    assert ports.runs.save(make.read_run(run.id), end_run(read, RunStatus.COMPLETED, 5)).rev == 3


@BOTH
def test_stale_tasks_are_named_and_leave_the_run_alone(ports: Ports, make: Maker, touch: bool) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, 3)
    ports.tasks.save([step(tasks[1])])
    with pytest.raises(StaleError) as raised:
        ports.tasks.save([end(task) for task in tasks], RunGuard(run, touch))
    assert raised.value.ids == (tasks[1].id,)
    assert make.read_run(run.id) == replace(run, total_tasks=3)
    ports.runs.save(make.read_run(run.id), replace(run, epoch=1))
    with pytest.raises(StaleError) as raised:
        ports.tasks.save([end(task) for task in tasks], RunGuard(run, touch))
    assert raised.value.ids == (tasks[1].id, run.id)
    assert ports.runs.counts(make.org_id, run.id) == Counts()


@BOTH
def test_a_run_that_is_not_there_refuses(ports: Ports, make: Maker, touch: bool) -> None:
    run = make.stored_run()
    [task] = make.stored_tasks(run, 1)
    neighbour = replace(run, id=run.id[:-1] + ("0" if run.id[-1] != "0" else "1"))
    for absent in (neighbour, make.run()):
        with pytest.raises(StaleError) as raised:
            ports.tasks.save([step(task)], RunGuard(absent, touch))
        assert raised.value.ids == (absent.id,)
        assert ports.runs.get(make.org_id, [absent.id]) == {}
    assert make.read_run(run.id) == replace(run, total_tasks=1)


def test_a_task_that_is_put_back_takes_its_end_away(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, 4)
    ends = (TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.COMPLETED, TaskStatus.FAILED)
    ended = ports.tasks.save(
        [Change(task, finish(task, status, 9)) for task, status in zip(tasks, ends, strict=True)]
    )
    back = [Change(task, replace(task, status=TaskStatus.QUEUED, epoch=1)) for task in ended[:2]]
    again = ports.tasks.save(back, RunGuard(make.read_run(run.id)))
    assert ports.runs.counts(make.org_id, run.id) == Counts(completed=1, failed=1)
    ports.tasks.save([Change(ended[3], replace(ended[3], status=TaskStatus.QUEUED)), end(again[1])])
    assert ports.runs.counts(make.org_id, run.id) == Counts(completed=1, failed=1)
    ports.tasks.save([Change(again[0], finish(again[0], TaskStatus.COMPLETED, 9))])
    assert ports.runs.counts(make.org_id, run.id) == Counts(completed=2, failed=1)


def test_one_of_sixteen_touches_wins(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, RACERS)
    read = make.read_run(run.id)

    def touch(task: TaskState) -> Callable[[], list[TaskState]]:
        return lambda: ports.tasks.save([end(task)], RunGuard(read, touch=True))

    assert len(race([touch(task) for task in tasks], StaleError)) == 1
    assert ports.runs.counts(make.org_id, run.id) == Counts(failed=1)
    assert make.read_run(run.id).rev == 1


def test_sixteen_guarded_saves_of_one_run_do_not_hinder_each_other(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, RACERS)

    def save(task: TaskState) -> Callable[[], list[TaskState]]:
        return lambda: ports.tasks.save([end(task)], RunGuard(run))

    assert len(race([save(task) for task in tasks])) == RACERS
    assert ports.runs.counts(make.org_id, run.id) == Counts(failed=RACERS)
