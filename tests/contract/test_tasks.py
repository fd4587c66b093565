"""TaskStore: what every implementation does."""

from dataclasses import replace

import pytest

from foreman_contract.enums import Priority, RunStatus, TaskStatus
from foreman_engine.domain.errors import ConflictError, IdTakenError, NotFoundError, StaleError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.retry import RetryPolicy
from foreman_engine.domain.runs import end_run
from foreman_engine.domain.tasks import Change, Counts, TaskState, finish
from foreman_engine.service.ports import Ports, Writing
from tests.contract.states import Maker


def full_task(make: Maker, parent: TaskState) -> TaskState:
    run = make.read_run(parent.run_id)
    [task] = make.tasks(
        run,
        1,
        type="ünï\x00" + "x" * 200,
        parent_task_id=parent.id,
        output_data=Payload("null"),
        error_data=Payload('"e"'),
        metadata=Payload("{}"),
        progress=Payload("0.5"),
        enqueue=True,
        queue="app:tasks",
        priority=Priority.HIGH,
        retry_count=2,
        max_retries=0,
        retry_policy=RetryPolicy(0.5, 1.5, 60.0),
        timeout_s=30,
        available_at=1,
        queued_at=2,
        started_at=3,
        completed_at=4,
        duration_ms=0,
        queue_job_id="job",
        attempt=7,
        worker_id="w",
        claim_id="c",
        lease_until=8,
        lease_ms=9,
        attempt_started_at=10,
        reported_attempt=6,
        due_at=11,
        epoch=12,
        dead_letters=13,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )
    return task


def test_what_is_created_is_read(ports: Ports, make: Maker) -> None:
    small = make.stored_task()
    full = full_task(make, small)
    ports.tasks.create(make.read_run(small.run_id), [full])
    assert ports.tasks.get(make.org_id, [full.id, small.id]) == {full.id: full, small.id: small}


def test_creating_raises_the_total_and_not_the_revision(ports: Ports, make: Maker) -> None:
    run = make.stored_run(status=RunStatus.PENDING)
    make.stored_tasks(run, 3)
    make.stored_tasks(run, 1)
    assert make.read_run(run.id) == replace(run, total_tasks=4)


def test_a_run_that_has_ended_takes_no_tasks(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.tasks(run, 2)
    ports.runs.save(run, end_run(run, RunStatus.CANCELLED, 1))
    with pytest.raises(ConflictError):
        ports.tasks.create(run, tasks)
    assert ports.tasks.get(make.org_id, [task.id for task in tasks]) == {}
    assert make.read_run(run.id).total_tasks == 0


def test_a_run_that_is_not_there_takes_no_tasks(ports: Ports, make: Maker) -> None:
    run = make.run()
    tasks = make.tasks(run, 1)
    with pytest.raises(NotFoundError):
        ports.tasks.create(run, tasks)
    assert ports.tasks.get(make.org_id, [tasks[0].id]) == {}


def test_a_run_at_the_same_address_does_not_take_the_tasks(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    neighbour = make.run(id=run.id[:-1] + ("0" if run.id[-1] != "0" else "1"))
    with pytest.raises(NotFoundError):
        ports.tasks.create(neighbour, make.tasks(neighbour, 1))
    assert make.read_run(run.id).total_tasks == 0


def test_one_taken_id_refuses_them_all(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    [there] = make.stored_tasks(run, 1)
    [fresh] = make.tasks(run, 1)
    with pytest.raises(IdTakenError):
        ports.tasks.create(run, [fresh, replace(there, type="other")])
    assert ports.tasks.get(make.org_id, [fresh.id, there.id]) == {there.id: there}
    assert make.read_run(run.id).total_tasks == 1


def test_ninety_tasks_are_created_at_once(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.tasks(run, 90)
    ports.tasks.create(run, tasks, Writing(make.record("ninety", *(task.id for task in tasks))))
    assert len(ports.tasks.get(make.org_id, [task.id for task in tasks])) == 90
    assert make.read_run(run.id).total_tasks == 90


def test_ids_that_are_no_tasks_are_not_there(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    absent = [task.run_id, "00000000-0000-4000-8000-000000000000", make.tasks(make.run(), 1)[0].id]
    assert ports.tasks.get(make.org_id, absent) == {}
    assert ports.tasks.get(f"{make.org_id}x", [task.id]) == {}
    assert ports.tasks.get(make.org_id, []) == {}


def test_a_save_writes_what_differs_and_raises_the_revision(ports: Ports, make: Maker) -> None:
    task = make.stored_task(progress=Payload("1"), available_at=4)
    after = replace(
        task, status=TaskStatus.RUNNING, attempt=1, worker_id="w", progress=None, available_at=None
    )
    [saved] = ports.tasks.save([Change(task, after)])
    assert saved == replace(after, rev=1) == make.read_task(task.id)


def test_a_stale_save_names_the_stale_and_writes_nothing(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, 3)
    [moved] = ports.tasks.save([Change(tasks[1], replace(tasks[1], attempt=1))])
    for ended in (False, True):
        changes = [
            Change(task, finish(task, TaskStatus.FAILED, 1) if ended else replace(task, attempt=9))
            for task in tasks
        ]
        with pytest.raises(StaleError) as raised:
            ports.tasks.save(changes)
        assert raised.value.ids == (tasks[1].id,)
    assert [make.read_task(task.id) for task in tasks] == [tasks[0], moved, tasks[2]]
    assert ports.runs.counts(make.org_id, run.id) == Counts()


def test_even_the_same_write_twice_is_somebody_else_the_second_time(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    change = Change(task, replace(task, attempt=1))
    ports.tasks.save([change])
    with pytest.raises(StaleError):
        ports.tasks.save([change])


def test_a_save_of_a_task_that_is_not_there_is_stale(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    [task] = make.tasks(run, 1)
    for after in (replace(task, attempt=1), finish(task, TaskStatus.COMPLETED, 1)):
        with pytest.raises(StaleError) as raised:
            ports.tasks.save([Change(task, after)])
        assert raised.value.ids == (task.id,)
    assert ports.tasks.get(make.org_id, [task.id]) == {}


def test_ends_are_counted_with_the_write_that_makes_them(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, 5)
    ends = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.COMPLETED)
    changes = [Change(task, finish(task, end, 9)) for task, end in zip(tasks, ends, strict=False)]
    ended = ports.tasks.save([*changes, Change(tasks[4], replace(tasks[4], attempt=1))])
    assert ports.runs.counts(make.org_id, run.id) == Counts(completed=2, failed=1, cancelled=1)
    ports.tasks.save([Change(ended[0], replace(ended[0], metadata=Payload("{}")))])
    ports.tasks.save([Change(ended[4], finish(ended[4], TaskStatus.FAILED, 9))])
    assert ports.runs.counts(make.org_id, run.id) == Counts(completed=2, failed=2, cancelled=1)
    listed = ports.runs.whole(make.org_id, [run.id])[run.id]
    assert listed.counts.ended == listed.total_tasks == 5


def test_payloads_survive_saves_of_other_fields(ports: Ports, make: Maker) -> None:
    large = Payload('"' + "x" * 9 + "äöü" * 900 + '"')
    task = make.stored_task(input_data=large)
    unloaded = make.read_task(task.id)
    [saved] = ports.tasks.save([Change(unloaded, replace(unloaded, attempt=1))])
    [loaded] = ports.tasks.load([make.read_task(task.id)])
    [again] = ports.tasks.save([Change(loaded, replace(loaded, output_data=large))])
    [both] = ports.tasks.load([make.read_task(task.id)])
    assert (both.input_data.text, both.output_data and both.output_data.text) == (large.text, large.text)
    assert (saved.rev, again.rev, again.input_data.text) == (1, 2, large.text)


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_of_run_walks_every_task_once_in_creation_order(
    ports: Ports, make: Maker, limit: int, ascending: bool
) -> None:
    run, other = make.stored_run(), make.stored_run()
    tasks = make.stored_tasks(run, 4) + make.stored_tasks(run, 3)
    make.stored_tasks(other, 1)
    seen: list[TaskState] = []
    while True:
        after_id = seen[-1].id if seen else None
        page = ports.tasks.of_run(make.org_id, run.id, limit, after_id, ascending=ascending)
        seen += page.tasks
        assert page.more == (len(seen) < len(tasks))
        if not page.more:
            break
        assert len(page.tasks) == limit
    assert seen == (tasks if ascending else tasks[::-1])


def test_of_run_of_a_run_without_tasks_is_empty(ports: Ports, make: Maker) -> None:
    page = ports.tasks.of_run(make.org_id, make.stored_run().id, 5, None, ascending=True)
    assert (page.tasks, page.more) == ((), False)


def test_of_run_hands_out_states_and_never_payload_items(ports: Ports, make: Maker) -> None:
    task = make.stored_task(input_data=Payload('"' + "random text " * 300 + '"'))
    page = ports.tasks.of_run(make.org_id, task.run_id, 5, None, ascending=False)
    assert ports.tasks.load(page.tasks)[0].input_data.text == task.input_data.text
    assert (len(page.tasks), page.more) == (1, False)
