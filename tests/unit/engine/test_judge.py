"""`judge`: what dependencies say, compared with a reading of the contract for every mix of ends."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.graph import Readiness, cancelled_for, judge, needed, released
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import FanIn, TaskState

RUN = RunState("run", "org", RunStatus.RUNNING, Payload("null"), 0, 0)
HELD = replace(RUN, hold=True, epoch=1)
ENDED = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)
OPEN = tuple(status for status in TaskStatus if status not in ENDED)
FAN_INS: tuple[FanIn | None, ...] = (None, "all", "any", 1, 2, 3)


def task(task_id: str, status: TaskStatus = TaskStatus.PENDING, **fields: object) -> TaskState:
    state = TaskState(task_id, "run", "org", "t", status, Payload("null"), 0, 0)
    return replace(state, **fields)  # type: ignore[arg-type]


def waiting(count: int, fan_in: FanIn | None = None) -> TaskState:
    return task("child", depends_on=tuple(f"d{number}" for number in range(count)), fan_in=fan_in)


def mapped(*dependencies: TaskState) -> dict[str, TaskState]:
    return {each.id: each for each in dependencies}


def contract(states: tuple[TaskStatus, ...], fan_in: FanIn | None) -> Readiness:
    wanted = fan_in if isinstance(fan_in, int) else (1 if fan_in == "any" else len(states))
    completed = states.count(TaskStatus.COMPLETED)
    if completed >= wanted:
        return Readiness.READY
    may_complete = completed + sum(state in OPEN for state in states)
    return Readiness.WAITING if may_complete >= wanted else Readiness.IMPOSSIBLE


@pytest.mark.parametrize("fan_in", FAN_INS)
def test_every_mix_of_three_dependencies_means_what_the_contract_says(fan_in: FanIn | None) -> None:
    for states in itertools.product(TaskStatus, repeat=3):
        found = mapped(*(task(f"d{at}", state) for at, state in enumerate(states)))
        assert judge(waiting(3, fan_in), found, RUN).readiness is contract(states, fan_in), states


@given(st.lists(st.sampled_from(list(TaskStatus)), min_size=1, max_size=50), st.data())
def test_so_does_any_mix_of_up_to_fifty(states: list[TaskStatus], data: st.DataObject) -> None:
    words: st.SearchStrategy[FanIn | None] = st.sampled_from([None, "all", "any"])
    fan_in = data.draw(words | st.integers(1, len(states)))
    found = mapped(*(task(f"d{at}", state) for at, state in enumerate(states)))
    verdict = judge(waiting(len(states), fan_in), found, RUN)
    assert verdict.readiness is contract(tuple(states), fan_in)
    assert bool(verdict.failures) == (verdict.readiness is Readiness.IMPOSSIBLE)


@pytest.mark.parametrize("fan_in", FAN_INS)
def test_an_allowed_failure_is_as_good_as_an_end_and_an_allowed_cancel_is_not(fan_in: FanIn | None) -> None:
    for states in itertools.product(TaskStatus, repeat=3):
        found = mapped(*(task(f"d{at}", state, allow_failure=True) for at, state in enumerate(states)))
        good = tuple(TaskStatus.COMPLETED if state is TaskStatus.FAILED else state for state in states)
        assert judge(waiting(3, fan_in), found, RUN).readiness is contract(good, fan_in), states


@pytest.mark.parametrize("fan_in", FAN_INS)
def test_a_dependency_that_is_not_there_has_not_ended(fan_in: FanIn | None) -> None:
    assert judge(waiting(3, fan_in), {}, RUN).readiness is Readiness.WAITING
    one = mapped(task("d1", TaskStatus.FAILED))
    expected = contract((TaskStatus.PENDING, TaskStatus.FAILED, TaskStatus.PENDING), fan_in)
    assert judge(waiting(3, fan_in), one, RUN).readiness is expected


@pytest.mark.parametrize("fan_in", [None, "all", "any"])
def test_who_depends_on_nothing_is_ready(fan_in: FanIn | None) -> None:
    assert needed(waiting(0, fan_in)) == 0
    assert judge(waiting(0, fan_in), {}, RUN).readiness is Readiness.READY


@pytest.mark.parametrize(("fan_in", "proofs"), [("all", 1), (3, 1), (2, 2), ("any", 3), (1, 3)])
def test_just_enough_failures_prove_it_the_first_to_end_first(fan_in: FanIn, proofs: int) -> None:
    failed = [task(f"d{at}", TaskStatus.FAILED, completed_at=end) for at, end in enumerate((30, 10, 20))]
    verdict = judge(waiting(3, fan_in), mapped(*failed), RUN)
    assert verdict.failures == (failed[1], failed[2], failed[0])[:proofs]


def test_of_two_that_failed_at_one_instant_the_first_id_is_named() -> None:
    failed = [task(f"d{at}", TaskStatus.FAILED, completed_at=5) for at in (1, 0)]
    assert judge(waiting(2), mapped(*failed), RUN).failures == (failed[1],)


class TestWhileTheRunIsBeingRetried:
    @pytest.mark.parametrize("status", [TaskStatus.FAILED, TaskStatus.CANCELLED])
    @pytest.mark.parametrize("allow_failure", [False, True])
    def test_a_failure_that_is_about_to_be_put_back_says_nothing(
        self, status: TaskStatus, allow_failure: bool
    ) -> None:
        before = mapped(task("d0", status, epoch=0, allow_failure=allow_failure))
        assert judge(waiting(1), before, HELD).readiness is Readiness.WAITING

    def test_a_failure_since_then_counts(self) -> None:
        since = mapped(task("d0", TaskStatus.FAILED, epoch=1))
        assert judge(waiting(1), since, HELD).readiness is Readiness.IMPOSSIBLE
        tolerated = mapped(task("d0", TaskStatus.FAILED, epoch=1, allow_failure=True))
        assert judge(waiting(1), tolerated, HELD).readiness is Readiness.READY

    def test_what_completed_before_stays_completed(self) -> None:
        found = mapped(task("d0", TaskStatus.COMPLETED, epoch=0))
        assert judge(waiting(1), found, HELD).readiness is Readiness.READY

    @pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.RUNNING])
    def test_so_it_is_when_the_run_ends_meanwhile(self, status: RunStatus) -> None:
        found = mapped(task("d0", TaskStatus.FAILED, epoch=0))
        assert judge(waiting(1), found, replace(HELD, status=status)).readiness is Readiness.WAITING

    def test_when_the_run_is_cancelled_nothing_is_put_back(self) -> None:
        found = mapped(task("d0", TaskStatus.FAILED, epoch=0))
        cancelled = replace(HELD, status=RunStatus.CANCELLED)
        assert judge(waiting(1), found, cancelled).readiness is Readiness.IMPOSSIBLE

    def test_when_the_retry_is_done_every_failure_counts(self) -> None:
        found = mapped(task("d0", TaskStatus.FAILED, epoch=0))
        assert judge(waiting(1), found, replace(HELD, hold=False)).readiness is Readiness.IMPOSSIBLE


def test_a_released_task_keeps_the_instant_at_which_it_was_first_queued() -> None:
    assert released(task("a"), 7).queued_at == 7
    again = released(task("a", queued_at=3), 7)
    assert (again.status, again.queued_at, again.updated_at) == (TaskStatus.QUEUED, 3, 7)


@pytest.mark.parametrize(
    ("dependency", "cause", "fate"),
    [
        (task("d0", TaskStatus.FAILED), "d0", "d0, on which it depends, failed."),
        (task("d0", TaskStatus.CANCELLED), "d0", "d0, on which it depends, was cancelled."),
        (
            task("d0", TaskStatus.CANCELLED, cause_id="root"),
            "root",
            "root, on which it depends, failed or was cancelled.",
        ),
    ],
)
def test_a_cancelled_dependant_names_the_first_cause(dependency: TaskState, cause: str, fate: str) -> None:
    after = cancelled_for(task("child", depends_on=("d0",)), (dependency,), 9)
    assert (after.status, after.cause_id, after.hinted) == (TaskStatus.CANCELLED, cause, True)
    assert after.error_data is not None
    assert after.error_data.value() == {
        "code": "dependency_failed",
        "message": f"The task can never start: {fate}",
        "taskId": cause,
    }
