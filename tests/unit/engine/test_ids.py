"""Ids: fixed vectors, so that no change moves a stored record, and the properties that the stores rely on."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_engine.domain.ids import (
    MAX_SEQUENCE,
    TaskAddress,
    created_ms,
    make_entry_id,
    make_run_id,
    make_task_id,
    run_address,
    task_address,
    task_id_at,
)

MS = 1_767_225_600_000
RUN = "019b76da-a800-7abc-8123-456789abcdef"
instants = st.integers(0, (1 << 47) - 1)
run_ids = st.builds(make_run_id, instants, st.integers(0, (1 << 74) - 1))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (make_run_id(MS, 0xABC << 62 | 0x0123456789ABCDEF), RUN),
        (make_run_id(0, 0), "00000000-0000-7000-8000-000000000000"),
        (make_run_id((1 << 48) - 1, (1 << 74) - 1), "ffffffff-ffff-7fff-bfff-ffffffffffff"),
        (make_task_id(RUN, MS, 0), "019b76da-a800-8abc-8000-000000000000"),
        (make_task_id(RUN, MS + 1, 2), "019b76da-a800-8abc-8000-000000200002"),
        (make_task_id(RUN, MS + 1, MAX_SEQUENCE, 63), "019b76da-a800-8abc-8000-0000003fffff"),
        (make_task_id(RUN, MS + (1 << 41) - 1, 0), "019b76da-a800-8abc-bfff-ffffffe00000"),
        (make_entry_id(MS, 0x123, 5), "019b76da-a800-7123-8000-000000000005"),
    ],
)
def test_vectors_of_ids(made: str, expected: str) -> None:
    assert made == expected


def test_vectors_of_addresses() -> None:
    assert run_address(RUN) == "019b76daa800abc"
    task = "019b76da-a800-8abc-8000-000000218002"
    assert task_address(task) == TaskAddress("019b76daa800abc", "0000000000218002", shard=3)
    assert created_ms(task) == MS + 1


@given(instants, st.integers(0, (1 << 74) - 1))
def test_a_run_id_is_a_uuid7_that_tells_its_time(now: int, random74: int) -> None:
    uid = make_run_id(now, random74)
    assert (UUID(uid).version, UUID(uid).variant) == (7, "specified in RFC 4122")
    assert created_ms(uid) == now
    assert task_address(uid) is None


@given(run_ids, st.integers(0, (1 << 41) - 1), st.integers(0, MAX_SEQUENCE), st.integers(0, 63))
def test_a_task_id_leads_back_to_its_run(run_id: str, since: int, sequence: int, shard: int) -> None:
    uid = make_task_id(run_id, created_ms(run_id) + since, sequence, shard)
    address = task_address(uid)
    assert UUID(uid).version == 8
    assert address is not None
    assert (address.run, address.shard) == (run_address(run_id), shard)
    assert created_ms(uid) == created_ms(run_id) + since
    assert task_id_at(address.run, address.own) == uid
    assert run_address(uid) is None


@given(
    run_ids,
    st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, MAX_SEQUENCE)), min_size=2, max_size=5),
)
def test_task_ids_sort_by_time_then_sequence(run_id: str, places: list[tuple[int, int]]) -> None:
    places.sort()
    start = created_ms(run_id)
    ids = [make_task_id(run_id, start + since, sequence) for since, sequence in places]
    assert ids == sorted(ids)


@given(run_ids, st.integers(1, 10_000))
def test_a_clock_behind_the_runs_counts_as_the_runs_own(run_id: str, behind: int) -> None:
    start = created_ms(run_id)
    assert make_task_id(run_id, start - behind, 7) == make_task_id(run_id, start, 7)


@given(instants, st.integers(0, 0xFFE), st.integers(0, (1 << 62) - 1), st.integers(0, (1 << 62) - 1))
def test_entry_ids_sort_by_sequence_whatever_is_random(now: int, sequence: int, one: int, two: int) -> None:
    assert make_entry_id(now, sequence, one) < make_entry_id(now, sequence + 1, two)


@given(st.uuids())
def test_any_uuid_has_at_most_one_kind_of_address(uid: UUID) -> None:
    run, task = run_address(str(uid)), task_address(str(uid))
    assert run is None or task is None


def test_a_task_id_is_made_of_a_run_id_only() -> None:
    with pytest.raises(ValueError, match="not a run id"):
        make_task_id(make_task_id(RUN, MS, 0), MS, 0)
    with pytest.raises(ValueError, match="not an id of ours"):
        created_ms("00000000-0000-4000-0000-000000000000")
