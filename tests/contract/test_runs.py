"""RunStore: what every implementation does."""

from dataclasses import replace
from typing import Any

import pytest

from foreman_contract.enums import RunStatus
from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.ids import make_run_id
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.runs import RunState, end_run
from foreman_engine.domain.tasks import Counts
from foreman_engine.service.indexes import IndexRow, RunIndex
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
    assert list(ports.runs.rows(f"{make.org_id}x", RunIndex(), 10, None, ascending=True)) == []


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
    """Twelve runs, oldest first; three share each millisecond. Some have started, some of those have ended."""
    runs = [
        make.run(
            id=make_run_id(1000 + n // 3, n * 7919 << 50 | n),
            created_at=1000 + n // 3,
            status=[RunStatus.PENDING, RunStatus.RUNNING, RunStatus.FAILED, RunStatus.COMPLETED][n % 4],
            started_at=3000 - n // 4 if n % 4 else None,
            completed_at=4000 + n // 6 if n % 4 > 1 else None,
        )
        for n in range(12)
    ]
    for run in runs:
        make.ports.runs.create(run, None)
    return sorted(runs, key=lambda run: (run.created_at, run.id))


INDEXES = [
    RunIndex(),
    *(RunIndex("created_at", status) for status in RunStatus),
    RunIndex("started_at"),
    RunIndex("completed_at"),
]


def listed(runs: list[RunState], index: RunIndex, *, ascending: bool) -> list[IndexRow]:
    """The rows that an index must have, by a plain sort."""
    times = ((getattr(run, index.sort), run) for run in runs if index.status in (None, run.status))
    known = index.sort != "created_at"
    rows = [IndexRow(at, run.id, run.status if known else None) for at, run in times if at is not None]
    return sorted(rows, key=lambda row: (row.at, row.id), reverse=not ascending)


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 5, 12, 50])
@pytest.mark.parametrize("index", INDEXES, ids=str)
def test_an_index_is_walked_once_in_order(
    ports: Ports, make: Maker, many: list[RunState], index: RunIndex, limit: int, ascending: bool
) -> None:
    seen: list[IndexRow] = []
    position = None
    while True:
        page = ports.runs.rows(make.org_id, index, limit, position, ascending=ascending)
        seen += page
        if len(page) < limit:
            break
        position = Position(seen[-1].at, seen[-1].id)
    assert seen == listed(many, index, ascending=ascending)
    assert ports.runs.count(make.org_id, index, 100) == len(seen)


def test_a_run_moves_in_the_indexes_with_its_status_and_times(ports: Ports, make: Maker) -> None:
    run = make.stored_run(status=RunStatus.PENDING)
    moves: list[dict[str, Any]] = [
        {"status": RunStatus.RUNNING, "started_at": 7},
        {"status": RunStatus.FAILED, "completed_at": 9},
        {"status": RunStatus.RUNNING, "completed_at": None},
    ]
    for move in moves:
        run = ports.runs.save(run, replace(run, **move))
        for index in INDEXES:
            rows = list(ports.runs.rows(make.org_id, index, 5, None, ascending=True))
            assert rows == listed([run], index, ascending=True)


def test_whole_runs_have_their_counts(ports: Ports, make: Maker) -> None:
    run, bare = make.stored_run(), make.stored_run()
    make.stored_tasks(run, 1)
    whole = ports.runs.whole(make.org_id, [run.id, bare.id, make.run().id])
    assert {run_id: found.total_tasks for run_id, found in whole.items()} == {run.id: 1, bare.id: 0}
    assert whole[run.id].counts == Counts()
    assert ports.runs.whole(make.org_id, []) == {}


@pytest.mark.parametrize("at_most", [0, 1, 5, 11, 12, 13, 100, 10_000])
def test_runs_are_counted_up_to_a_little_over_what_was_asked(
    ports: Ports, make: Maker, many: list[RunState], at_most: int
) -> None:
    counted = ports.runs.count(make.org_id, RunIndex(), at_most)
    if at_most >= len(many):
        assert counted == len(many)
    else:
        assert at_most < counted <= min(len(many), at_most + 8)
    assert ports.runs.count(f"{make.org_id}x", RunIndex(), at_most) == 0
