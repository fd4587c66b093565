"""What may succeed later is sent again, under the same idempotency key, after the wait that the service asks for."""

import logging
from dataclasses import replace
from typing import Any

import httpx
import pytest

from foreman_client import (
    ConflictError,
    ConnectionFailedError,
    ForemanError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    RequestTimeoutError,
    Result,
    Run,
    ServerError,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from foreman_client.operations.runs import cancel_run, create_run, get_run, retry_run
from foreman_client.operations.service import health
from foreman_client.operations.tasks import retry_task
from tests.unit.client.records import RUN_ID, error_json, run_json
from tests.unit.client.stub_service import CONFIG, Reply, StubService, answer, error_of, serving

OK = answer(200, run_json())


def created(service: StubService, **arguments: object) -> Result[Run]:
    session = service.session()
    return session.run(create_run(session.scope, input_data={}, **arguments))  # type: ignore[arg-type]


def read(service: StubService, **config: object) -> Result[Run]:
    session = service.session(replace(CONFIG, **config))  # type: ignore[arg-type]
    return session.run(get_run(session.scope, RUN_ID))


@pytest.mark.parametrize(
    "first",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.ReadTimeout("slow"),
        answer(408, error_json("timeout")),
        answer(429, error_json("rate_limited")),
        answer(502, error_json("service_unavailable")),
        answer(503, error_json("service_unavailable")),
        httpx.Response(504, text="<html>gateway</html>"),
        answer(409, error_json("in_progress")),
    ],
    ids=lambda reply: str(getattr(reply, "status_code", type(reply).__name__)),
)
def test_a_passing_fault_is_retried(first: Reply) -> None:
    service = serving(first, OK)
    assert read(service).success
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_request", InvalidRequestError),
        (400, "not_available", InvalidRequestError),
        (401, "unauthorized", UnauthorizedError),
        (403, "forbidden", UnauthorizedError),
        (404, "not_found", NotFoundError),
        (405, "method_not_allowed", InvalidRequestError),
        (409, "conflict", ConflictError),
        (409, "idempotency_key_reused", ConflictError),
        (413, "payload_too_large", TooLargeError),
        (415, "unsupported_media_type", InvalidRequestError),
        (500, "internal_error", ServerError),
    ],
)
def test_a_lasting_fault_is_told_at_once(status: int, code: str, kind: type[ForemanError]) -> None:
    details = [{"path": "runId", "message": "must be a UUID"}]
    service = serving(answer(status, error_json(code, "because", details=details)))
    error = error_of(read(service))
    assert type(error) is kind
    assert (error.status, error.code, error.message, error.request_id) == (status, code, "because", "req-1")
    assert [detail.path for detail in error.details] == ["runId"]
    assert not error.retryable
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (httpx.ConnectError("refused"), ConnectionFailedError, "connection_failed"),
        (httpx.ReadTimeout("slow"), RequestTimeoutError, "timeout"),
        (answer(503, error_json("service_unavailable")), UnavailableError, "service_unavailable"),
        (httpx.Response(502, text="<html>"), UnavailableError, "http_502"),
    ],
)
def test_when_retries_are_spent_the_last_fault_is_told(
    fault: Reply, kind: type[ForemanError], code: str
) -> None:
    service = serving(fault)
    error = error_of(read(service, max_retries=2))
    assert type(error) is kind
    assert error.code == code
    assert error.retryable
    assert len(service.requests) == 3


def test_waits_double_with_full_jitter_up_to_a_bound() -> None:
    service = serving(httpx.ConnectError("refused"))
    read(service, max_retries=7)
    assert service.slept == [0.5, 1, 2, 4, 8, 8, 8]


def test_retry_after_is_waited_for_and_jitter_comes_on_top() -> None:
    service = serving(answer(503, error_json("service_unavailable"), {"Retry-After": "7"}), OK)
    assert read(service).success
    assert service.slept == [7.5]


def test_a_retry_after_date_counts_from_the_answers_own_date() -> None:
    dates = {"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}
    service = serving(answer(429, error_json("rate_limited"), dates), OK)
    assert read(service).success
    assert service.slept == [30.5]


def test_a_spent_rate_limit_is_waited_out_and_uses_no_retry() -> None:
    limited = answer(429, error_json("rate_limited"), {"Retry-After": "300"})
    service = serving(limited, limited, limited, OK)
    assert read(service, max_retries=0).success
    assert sum(service.slept) >= 900


def test_the_default_patience_outlasts_a_whole_window_and_says_once_that_it_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = serving(
        answer(429, error_json("rate_limited"), {"Retry-After": "900"}),
        answer(429, error_json("rate_limited"), {"Retry-After": "1"}),
        OK,
    )
    with caplog.at_level(logging.INFO, "foreman_client"):
        assert created(service).success
    assert service.slept == [900.5, 1.5]
    [line] = caplog.messages
    assert line == "the rate limit of this API key is spent; going on in 900 s"


def test_a_rate_limit_that_lasts_longer_than_the_config_allows_is_told_at_once() -> None:
    service = serving(answer(429, error_json("rate_limited"), {"Retry-After": "901"}))
    error = error_of(read(service, max_wait_s=900))
    assert isinstance(error, RateLimitedError)
    assert (error.retryable, error.retry_after_s, service.slept) == (True, 901, [])


def test_a_create_keeps_its_idempotency_key_over_all_its_retries() -> None:
    service = serving(
        httpx.ReadTimeout("slow"), answer(409, error_json("in_progress"), {"Retry-After": "1"}), OK
    )
    assert created(service).success
    assert len({request.headers["idempotency-key"] for request in service.requests}) == 1
    assert len(service.requests) == 3


def test_a_cancel_is_sent_again_for_it_changes_nothing_the_second_time() -> None:
    service = serving(httpx.ReadTimeout("slow"), answer(503, error_json("service_unavailable")), OK)
    session = service.session()
    assert session.run(cancel_run(session.scope, RUN_ID)).success
    assert [request.url.path for request in service.requests] == [f"/prod/api/v1/runs/{RUN_ID}/cancel"] * 3


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        answer(503, error_json("service_unavailable"), {"Retry-After": "1"}),
        httpx.Response(504, text="<html>gateway</html>"),
    ],
    ids=lambda reply: str(getattr(reply, "status_code", type(reply).__name__)),
)
@pytest.mark.parametrize("operation", [retry_run, retry_task])
def test_a_retry_whose_answer_is_lost_is_told_for_the_second_would_be_refused(
    operation: Any, fault: Reply
) -> None:
    service = serving(fault, answer(409, error_json("conflict")))
    session = service.session()
    assert not isinstance(error_of(session.run(operation(session.scope, RUN_ID))), ConflictError)
    assert len(service.requests) == 1


def test_a_retry_waits_out_a_spent_rate_limit_which_did_nothing() -> None:
    limited = answer(429, error_json("rate_limited"), {"Retry-After": "7"})
    service = serving(limited, OK)
    session = service.session()
    assert session.run(retry_run(session.scope, RUN_ID)).success
    assert service.slept == [7.5]


def test_every_create_has_a_key_of_its_own_unless_the_caller_gives_one() -> None:
    service = serving(OK)
    for key in (None, None, "order-7"):
        created(service, idempotency_key=key)
    first, second, third = (request.headers["idempotency-key"] for request in service.requests)
    assert first != second
    assert third == "order-7"


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "line\n"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="idempotency_key"):
        created(serving(OK), idempotency_key=key)


def test_health_is_asked_once() -> None:
    service = serving(answer(503, {"status": "unhealthy"}))
    session = service.session()
    assert isinstance(session.run(health(session.scope)).error, UnavailableError)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, text="<html>hello</html>"),
        answer(200, []),
        answer(200, {"id": "x"}),
        answer(200, run_json(status="melted")),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(200, content=b"NaN"),
        httpx.Response(302, headers={"Location": "http://elsewhere"}),
    ],
)
def test_an_answer_that_is_not_foremans_is_a_failure_that_quotes_nothing(reply: httpx.Response) -> None:
    service = serving(reply)
    error = error_of(read(service))
    assert isinstance(error, UnexpectedAnswerError)
    assert "hello" not in str(error)
    assert "melted" not in str(error)
    assert len(service.requests) == 1
