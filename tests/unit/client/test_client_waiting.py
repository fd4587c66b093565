"""Waiting looks again and again, ever less often, and ends with the thing waited for or with a reason."""

import pytest

from foreman_client import Result, Run, WaitTimeoutError
from foreman_client.operations.waiting import wait_for_run, wait_for_task
from tests.unit.client.records import RUN_ID, error_json, run_json, task_id, task_json
from tests.unit.client.stub_service import StubService, answer, error_of, serving

OPEN = answer(200, run_json(status="running"))


def wait(service: StubService, timeout_s: float = 600.0) -> Result[Run]:
    session = service.session()
    return session.run(wait_for_run(session.scope, RUN_ID, timeout_s=timeout_s))


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_any_end_is_an_answer(end: str) -> None:
    service = serving(OPEN, OPEN, answer(200, run_json(status=end)))
    assert wait(service).unwrap().status == end
    assert len(service.requests) == 3


def test_a_task_that_is_retrying_has_not_ended() -> None:
    replies = [
        answer(200, task_json(status=status)) for status in ("queued", "retrying", "running", "completed")
    ]
    service = serving(*replies)
    session = service.session()
    assert session.run(wait_for_task(session.scope, task_id(1))).unwrap().status == "completed"


def test_a_long_wait_stays_under_the_rate_limit() -> None:
    service = serving(OPEN)
    result = wait(service, timeout_s=900)
    assert isinstance(result.error, WaitTimeoutError)
    assert service.now == 1900
    assert service.slept[0] == 0.1
    assert max(service.slept) == 10
    assert len(service.requests) <= 100 + 10


def test_no_time_still_means_one_look() -> None:
    assert wait(serving(answer(200, run_json(status="completed"))), timeout_s=0).success
    assert error_of(wait(serving(OPEN), timeout_s=0)).code == "wait_timeout"


def test_a_lasting_fault_ends_the_wait() -> None:
    assert error_of(wait(serving(OPEN, answer(404, error_json("not_found"))))).code == "not_found"


def test_an_outage_does_not() -> None:
    away = answer(503, error_json("service_unavailable"))
    service = serving(OPEN, *[away] * 30, answer(200, run_json(status="completed")))
    assert wait(service).success


def test_a_rate_limit_that_outlasts_the_wait_is_told_without_waiting() -> None:
    limited = answer(429, error_json("rate_limited"), {"Retry-After": "700"})
    service = serving(limited)
    assert error_of(wait(service, timeout_s=60)).code == "rate_limited"
    assert service.slept == []
