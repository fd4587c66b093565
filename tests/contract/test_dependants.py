"""TaskStore: finding, changing and counting what waits, the same in every implementation."""

from dataclasses import replace

import pytest

from foreman_contract.enums import TaskStatus
from foreman_engine.domain.errors import StaleError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.tasks import Change, Counts, finish
from foreman_engine.service.ports import Ports, RunGuard, Writing
from tests.contract.backends import ON_TABLES
from tests.contract.graphs import behind, ended, ids
from tests.contract.states import Maker

pytestmark = ON_TABLES


class TestDependants:
    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 50])
    def test_every_one_is_found_once_in_order(self, ports: Ports, make: Maker, limit: int) -> None:
        run = make.stored_run()
        first, second = make.stored_tasks(run, 2)
        both = [*behind(make, run, first, second, count=4), *behind(make, run, first, count=2)]
        others = behind(make, run, second, count=2)
        ports.tasks.create(run, [*both, *others], Writing(dependencies=[first, second]))
        found: list[str] = []
        more = True
        while more:
            page = ports.tasks.dependants(make.org_id, first.id, limit, found[-1] if found else None)
            assert len(page.ids) == (limit if page.more else len(both) - len(found))
            found += page.ids
            more = page.more
        assert found == sorted(ids(both))

    def test_a_task_without_any_has_none(self, ports: Ports, make: Maker) -> None:
        task = make.stored_task()
        for org_id in (make.org_id, f"{make.org_id}x"):
            page = ports.tasks.dependants(org_id, task.id, 5, None)
            assert (page.ids, page.more) == ((), False)

    def test_they_are_no_tasks_of_the_run_by_themselves(self, ports: Ports, make: Maker) -> None:
        run = make.stored_run()
        [dependency] = make.stored_tasks(run, 1)
        made = behind(make, run, dependency, count=3)
        ports.tasks.create(run, made, Writing(dependencies=[dependency]))
        page = ports.tasks.of_run(make.org_id, run.id, 10, None, ascending=True)
        assert (ids(list(page.tasks)), page.more) == ([dependency.id, *ids(made)], False)


class TestASaveThatAssertsOthers:
    def test_is_written_when_they_are_as_they_were(self, ports: Ports, make: Maker) -> None:
        run = make.stored_run()
        tasks = make.stored_tasks(run, 60)
        waiting = make.stored_tasks(run, 25)
        changes = [Change(task, finish(task, TaskStatus.CANCELLED, 9)) for task in waiting]
        saved = ports.tasks.save(changes, RunGuard(make.read_run(run.id)), tasks)
        assert saved == [replace(each.after, rev=1) for each in changes]
        assert ports.tasks.get(make.org_id, ids(tasks)) == {task.id: task for task in tasks}
        assert ports.runs.counts(make.org_id, run.id) == Counts(cancelled=25)

    @pytest.mark.parametrize("ends", [False, True])
    @pytest.mark.parametrize("guarded", [False, True])
    def test_names_the_one_that_changed_and_writes_nothing(
        self, ports: Ports, make: Maker, ends: bool, guarded: bool
    ) -> None:
        run = make.stored_run()
        change, same, moved = make.stored_tasks(run, 3)
        [after] = ports.tasks.save([Change(moved, replace(moved, attempt=1))])
        step = finish(change, TaskStatus.CANCELLED, 9) if ends else replace(change, attempt=1)
        guard = RunGuard(make.read_run(run.id)) if guarded else None
        with pytest.raises(StaleError) as raised:
            ports.tasks.save([Change(change, step)], guard, [same, moved])
        assert raised.value.ids == (moved.id,)
        assert [make.read_task(each.id) for each in (change, same, moved)] == [change, same, after]
        assert ports.runs.counts(make.org_id, run.id) == Counts()

    def test_names_the_run_beside_them(self, ports: Ports, make: Maker) -> None:
        run = make.stored_run()
        change, moved = make.stored_tasks(run, 2)
        ports.tasks.save([Change(moved, replace(moved, attempt=1))])
        read = make.read_run(run.id)
        ports.runs.save(read, replace(read, epoch=1))
        with pytest.raises(StaleError) as raised:
            ports.tasks.save([Change(change, replace(change, attempt=1))], RunGuard(read), [moved])
        assert set(raised.value.ids) == {moved.id, run.id}
        assert make.read_task(change.id) == change

    def test_that_was_raised_by_its_new_dependants_is_stale(self, ports: Ports, make: Maker) -> None:
        run = make.stored_run()
        change, proof = make.stored_tasks(run, 2)
        ports.tasks.create(run, behind(make, run, proof), Writing(dependencies=[proof]))
        with pytest.raises(StaleError):
            ports.tasks.save([Change(change, replace(change, attempt=1))], None, [proof])
        assert make.read_task(change.id) == change


@pytest.mark.parametrize("count", [1, 2, 25])
def test_changes_saved_each_for_itself_pass_over_the_stale(ports: Ports, make: Maker, count: int) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, count)
    [moved] = ports.tasks.save([Change(tasks[-1], replace(tasks[-1], attempt=5))])
    large = Payload('"' + "random text " * 900 + '"')
    changes = [Change(task, replace(task, attempt=1, progress=large)) for task in tasks]
    saved = ports.tasks.save_each(changes)
    assert [None if task is None else (task.id, task.rev) for task in saved] == [
        *((task.id, 1) for task in tasks[:-1]),
        None,
    ]
    assert make.read_task(moved.id) == moved
    for task in ports.tasks.load([make.read_task(task.id) for task in tasks[:-1]]):
        assert (task.attempt, task.progress and task.progress.text) == (1, large.text)


def test_nothing_to_save_each_is_nothing(ports: Ports) -> None:
    assert ports.tasks.save_each([]) == []


def test_tolerated_failures_are_counted_beside_the_failures(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tolerated = make.stored_tasks(run, 2, allow_failure=True)
    [other] = make.stored_tasks(run, 1)
    failed = [ended(ports, task, TaskStatus.FAILED) for task in (*tolerated, other)]
    assert ports.runs.counts(make.org_id, run.id) == Counts(failed=3, tolerated=2)
    back = replace(failed[0], status=TaskStatus.QUEUED, completed_at=None, duration_ms=None)
    [back] = ports.tasks.save([Change(failed[0], back)])
    assert ports.runs.counts(make.org_id, run.id) == Counts(failed=2, tolerated=1)
    ended(ports, back)
    assert ports.runs.counts(make.org_id, run.id) == Counts(completed=1, failed=2, tolerated=1)
