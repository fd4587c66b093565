"""A call is waited for so long, and what becomes of it later disturbs nobody."""

import threading

import pytest

from infra.local.gateway.patience import Patience

SOON_S = 0.02
LONG_S = 10


def test_answers_and_errors_come_back() -> None:
    patience = Patience()
    assert [patience.call(lambda n=n: n, LONG_S) for n in range(3)] == [0, 1, 2]  # type: ignore[misc]
    with pytest.raises(ZeroDivisionError):
        patience.call(lambda: 1 // 0, LONG_S)


def test_one_call_after_another_needs_one_thread() -> None:
    patience = Patience()
    assert len({patience.call(threading.get_ident, LONG_S) for _ in range(5)}) == 1


def test_a_late_call_ends_alone_and_its_answer_reaches_nobody() -> None:
    patience, go_on = Patience(), threading.Event()
    late: list[threading.Thread] = []

    def slow() -> str:
        late.append(threading.current_thread())
        go_on.wait(LONG_S)
        return "late"

    with pytest.raises(TimeoutError):
        patience.call(slow, SOON_S)
    assert patience.call(lambda: "next", LONG_S) == "next"
    go_on.set()
    late[0].join(LONG_S)
    assert not late[0].is_alive()
    assert patience.call(lambda: "after", LONG_S) == "after"


def test_calls_at_once_do_not_wait_for_each_other() -> None:
    patience, barrier = Patience(), threading.Barrier(8)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(patience.call(lambda: barrier.wait(LONG_S), LONG_S)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(8))
