"""Ids of one process never go backwards, whatever its clock does."""

import random
import threading

from hypothesis import given
from hypothesis import strategies as st

from foreman_engine.domain.ids import MAX_SEQUENCE, created_ms, make_run_id, task_address
from foreman_engine.domain.sequence import Drawn, following
from foreman_engine.memory.ids import seeded_ids
from foreman_engine.service.drawn_ids import DrawnIds

MS = 1_767_225_600_000


def test_a_sequence_goes_up_by_one_and_on_into_the_next_millisecond() -> None:
    assert following(Drawn(5, 9), 6, start=3, highest=10) == Drawn(6, 3)
    assert following(Drawn(5, 9), 5, start=3, highest=10) == Drawn(5, 10)
    assert following(Drawn(5, 10), 5, start=3, highest=10) == Drawn(6, 3)
    assert following(Drawn(6, 3), 4, start=0, highest=10) == Drawn(6, 4)


@given(st.lists(st.integers(MS - 50, MS + 50), min_size=1, max_size=20), st.integers(0, 1000))
def test_ids_ascend_under_any_clock(clock: list[int], seed: int) -> None:
    ids = seeded_ids(seed)
    run_id = ids.run_id(MS)
    tasks = [task for now in clock for task in ids.task_ids(run_id, now, 3)]
    entries = [ids.entry_id(now) for now in clock]
    assert tasks == sorted(set(tasks))
    assert entries == sorted(set(entries))


def test_a_run_from_a_clock_ahead_still_orders_its_tasks() -> None:
    ids = seeded_ids()
    run_id = make_run_id(MS + 1000, 5)
    tasks = [task for now in range(MS, MS + 20) for task in ids.task_ids(run_id, now, 2)]
    assert tasks == sorted(set(tasks))
    assert created_ms(tasks[0]) == MS + 1000


def test_a_millisecond_that_is_used_up_is_followed_by_the_next() -> None:
    ids = seeded_ids()
    run_id = ids.run_id(MS)
    tasks = ids.task_ids(run_id, MS, MAX_SEQUENCE + 2)
    assert tasks == sorted(set(tasks))
    assert {created_ms(tasks[0]), created_ms(tasks[-1])} == {MS, MS + 1}


def test_a_millisecond_begins_in_the_lower_half() -> None:
    ids = seeded_ids()
    run_id = ids.run_id(MS)
    starts = []
    for now in range(MS, MS + 200):
        address = task_address(ids.task_ids(run_id, now, 1)[0])
        assert address is not None
        starts.append(int(address.own, 16) & MAX_SEQUENCE)
    assert max(starts) <= MAX_SEQUENCE // 2
    assert len(set(starts)) > 150


def test_a_seed_repeats_and_another_does_not() -> None:
    one, same, other = seeded_ids(1), seeded_ids(1), seeded_ids(2)
    assert one.run_id(MS) == same.run_id(MS) != other.run_id(MS)
    assert one.secret() == same.secret()
    assert one.uniform() == same.uniform()


def test_threads_never_draw_the_same_id() -> None:
    ids = DrawnIds(random.SystemRandom())
    run_id = ids.run_id(MS)
    drawn: list[str] = []

    def draw() -> None:
        for _ in range(50):
            drawn.extend(ids.task_ids(run_id, MS, 4))

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == len(drawn) == 1600


def test_a_secret_is_40_characters_of_base62() -> None:
    secret = DrawnIds(random.SystemRandom()).secret()
    assert len(secret) == 40
    assert secret.isascii()
    assert secret.isalnum()
