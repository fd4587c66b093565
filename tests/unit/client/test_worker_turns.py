"""Whose turn it is: high soon, low sometimes, for any backlog and any number of free slots."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_client.worker.turns import Turns
from foreman_contract.enums import Priority

HIGH, NORMAL, LOW = Priority


class Bench:
    """Queues with a backlog, and what was started of them in order."""

    def __init__(self, priorities: Sequence[Priority] = tuple(Priority)) -> None:
        self.turns = Turns(priorities)
        self.backlog = dict.fromkeys(Priority, 0)
        self.started: list[Priority] = []
        self.looks = 0

    def round(self, slots: int, arrives: Callable[[], None] = lambda: None) -> None:
        """One round of a poller; `arrives` happens right after its first look."""
        for number, turn in enumerate(self.turns.order()):
            self.looks += 1
            found = min(turn.most, slots, self.backlog[turn.priority])
            if number == 0:
                arrives()
            self.backlog[turn.priority] -= found
            self.started += [turn.priority] * found
            self.turns.started(turn.priority, found)
            if found:
                return


@given(
    before=st.lists(st.integers(1, 10), max_size=30),
    after=st.lists(st.integers(1, 10), min_size=20, max_size=20),
    low=st.sampled_from([0, 500]),
)
def test_a_new_high_task_is_among_the_next_ten(before: list[int], after: list[int], low: int) -> None:
    bench = Bench()
    bench.backlog |= {NORMAL: 500, LOW: low}
    for slots in before:
        bench.round(slots)
    come = len(bench.started)

    def arrive() -> None:
        bench.backlog[HIGH] += 1

    bench.round(after[0], arrive)
    for slots in after[1:]:
        bench.round(slots)
    assert HIGH in bench.started[come : come + 10]


@given(
    st.lists(st.integers(1, 10), min_size=60, max_size=60),
    st.sampled_from([0, 500]),
    st.sampled_from([0, 500]),
)
def test_of_any_twenty_starts_one_is_low(slots: list[int], high: int, normal: int) -> None:
    bench = Bench()
    bench.backlog |= {HIGH: high, NORMAL: normal, LOW: 500}
    for count in slots:
        bench.round(count)
    windows = [bench.started[at : at + 20] for at in range(len(bench.started) - 19)]
    assert all(LOW in window for window in windows)
    if high or normal:
        assert all(window.count(LOW) <= 2 for window in windows)


@given(st.lists(st.integers(1, 10), min_size=60, max_size=60))
def test_normal_is_not_starved_by_high(slots: list[int]) -> None:
    bench = Bench()
    bench.backlog |= {HIGH: 500, NORMAL: 500, LOW: 500}
    for count in slots:
        bench.round(count)
    windows = [bench.started[at : at + 12] for at in range(len(bench.started) - 11)]
    assert all(NORMAL in window for window in windows)


def test_high_comes_first_when_nothing_else_is_owed() -> None:
    bench = Bench()
    bench.backlog |= {HIGH: 3, NORMAL: 100, LOW: 100}
    bench.round(10)
    assert bench.started == [HIGH] * 3


@pytest.mark.parametrize("only", Priority)
def test_one_queue_alone_is_always_asked_for_ten(only: Priority) -> None:
    bench = Bench([only])
    bench.backlog[only] = 100
    for _ in range(5):
        bench.round(10)
    assert bench.started == [only] * 50


def test_without_a_high_queue_normal_goes_first() -> None:
    bench = Bench([LOW, NORMAL])
    bench.backlog |= {NORMAL: 100, LOW: 100}
    for _ in range(12):
        bench.round(4)
    assert bench.started[:18] == [NORMAL] * 18
    assert bench.started.count(LOW) == 2


def test_a_backlog_of_normal_tasks_costs_five_looks_for_eighteen_starts() -> None:
    bench = Bench()
    bench.backlog[NORMAL] = 900
    while bench.backlog[NORMAL]:
        bench.round(10)
    assert bench.looks <= 250
