"""RunStore: what every implementation does."""

from dataclasses import replace

import pytest

from foreman_contract.enums import RunStatus
from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.ids import make_run_id
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.runs import RunState, end_run
from foreman_engine.domain.tasks import Counts
from foreman_engine.service.ports import Ports, Position
from tests.contract.states import Maker


def full_run(make: Maker) -> RunState:
    return make.run(
        status=RunStatus.COMPLETED,
        auto_complete=True,
        output_data=Payload("null"),
        error_data=Payload("[]"),
        metadata=Payload('{"m":1}'),
        result_queue="app:results",
        started_at=5,
        completed_at=6,
        duration_ms=0,
        notified_at=7,
        epoch=8,
        hold=True,
    )


def test_what_is_created_is_read(ports: Ports, make: Maker) -> None:
    small, full = make.run(status=RunStatus.PENDING), full_run(make)
    for run in (small, full):
        ports.runs.create(run, None)
    assert ports.runs.get(make.org_id, [full.id, small.id]) == {small.id: small, full.id: full}


def test_an_id_that_was_never_given_out_is_not_there(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    foreign = "00000000-0000-4000-8000-000000000000"
    assert ports.runs.get(make.org_id, [make.run().id, task.id, foreign]) == {}
    assert ports.runs.get(make.org_id, []) == {}


def test_another_organization_sees_nothing(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    assert ports.runs.get(f"{make.org_id}x", [run.id]) == {}
    assert ports.runs.newest(f"{make.org_id}x", 10, None).runs == ()


def test_an_id_at_a_taken_address_is_refused_and_is_not_the_run_that_lies_there(
    ports: Ports, make: Maker
) -> None:
    run = make.stored_run()
    neighbour = make.run(id=run.id[:-1] + ("0" if run.id[-1] != "0" else "1"))
    with pytest.raises(IdTakenError):
        ports.runs.create(neighbour, None)
    with pytest.raises(IdTakenError):
        ports.runs.create(run, None)
    with pytest.raises(StaleError):
        ports.runs.save(neighbour, replace(neighbour, updated_at=1))
    assert ports.runs.get(make.org_id, [neighbour.id]) == {}
    assert dict(ports.runs.get(make.org_id, [neighbour.id, run.id])) == {run.id: run}


def test_a_hundred_ids_and_repeats_are_read_in_one_call(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    absent = [make.run().id for _ in range(98)]
    assert ports.runs.get(make.org_id, [run.id, *absent, run.id]) == {run.id: run}


def test_a_save_writes_what_differs_and_raises_the_revision(ports: Ports, make: Maker) -> None:
    run = make.stored_run(metadata=Payload('{"keep":"me"}'), error_data=Payload('"gone"'))
    after = replace(
        end_run(run, RunStatus.COMPLETED, run.created_at + 9), output_data=Payload('"out"'), error_data=None
    )
    saved = ports.runs.save(run, after)
    assert saved == replace(after, rev=1) == make.read_run(run.id)
    again = ports.runs.save(saved, replace(saved, notified_at=3))
    assert again == replace(saved, notified_at=3, rev=2) == make.read_run(run.id)


def test_a_save_of_an_old_revision_writes_nothing(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    saved = ports.runs.save(run, replace(run, updated_at=2))
    with pytest.raises(StaleError) as raised:
        ports.runs.save(run, replace(run, updated_at=3))
    assert raised.value.ids == (run.id,)
    assert make.read_run(run.id) == saved


def test_even_the_same_write_twice_is_somebody_else_the_second_time(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    ports.runs.save(run, replace(run, updated_at=2))
    with pytest.raises(StaleError):
        ports.runs.save(run, replace(run, updated_at=2))


def test_a_save_of_a_run_that_is_not_there_is_stale(ports: Ports, make: Maker) -> None:
    run = make.run()
    with pytest.raises(StaleError):
        ports.runs.save(run, replace(run, updated_at=2))
    assert ports.runs.get(make.org_id, [run.id]) == {}


def test_a_save_is_refused_when_tasks_were_created_meanwhile(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    make.stored_tasks(run, 2)
    with pytest.raises(StaleError):
        ports.runs.save(run, end_run(run, RunStatus.COMPLETED, 1))
    current = make.read_run(run.id)
    assert (current.total_tasks, current.rev, current.status) == (2, 0, RunStatus.RUNNING)
    assert ports.runs.save(current, end_run(current, RunStatus.COMPLETED, 1)).total_tasks == 2


def test_counts_of_a_run_without_ends_are_zero(ports: Ports, make: Maker) -> None:
    assert ports.runs.counts(make.org_id, make.stored_run().id) == Counts()


@pytest.fixture
def many(make: Maker) -> list[RunState]:
    """Twelve runs, oldest first; three share each millisecond."""
    runs = [
        make.run(id=make_run_id(1000 + n // 3, n * 7919 << 50 | n), created_at=1000 + n // 3)
        for n in range(12)
    ]
    for run in runs:
        make.ports.runs.create(run, None)
    return sorted(runs, key=lambda run: (run.created_at, run.id))


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 5, 12, 50])
def test_newest_walks_every_run_once_in_order(
    ports: Ports, make: Maker, many: list[RunState], limit: int, ascending: bool
) -> None:
    seen: list[RunState] = []
    position = None
    while True:
        page = ports.runs.newest(make.org_id, limit, position, ascending=ascending)
        seen += page.runs
        assert page.more == (len(seen) < len(many))
        if not page.more:
            break
        assert len(page.runs) == limit
        position = Position(seen[-1].created_at, seen[-1].id)
    assert seen == (many if ascending else many[::-1])


def test_newest_fills_in_the_counts(ports: Ports, make: Maker) -> None:
    run = make.stored_run()
    make.stored_tasks(run, 1)
    [listed] = ports.runs.newest(make.org_id, 5, None).runs
    assert (listed.total_tasks, listed.counts) == (1, Counts())


@pytest.mark.parametrize("at_most", [0, 1, 5, 11, 12, 13, 100, 10_000])
def test_runs_are_counted_up_to_a_little_over_what_was_asked(
    ports: Ports, make: Maker, many: list[RunState], at_most: int
) -> None:
    counted = ports.runs.total(make.org_id, at_most)
    if at_most >= len(many):
        assert counted == len(many)
    else:
        assert at_most < counted <= min(len(many), at_most + 8)
    assert ports.runs.total(f"{make.org_id}x", at_most) == 0
