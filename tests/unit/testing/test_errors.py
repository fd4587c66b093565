"""Errors are those of the service: code, status, details; and so is idempotency."""

from functools import partial

import pytest

from foreman_client import (
    ConflictError,
    Failure,
    ForemanConfig,
    InvalidRequestError,
    NotFoundError,
    TooLargeError,
    get_run,
    initialize_foreman_client,
    wait_for_run,
)
from foreman_client.testing import ForemanTest

NOBODY = "0190c5c8-0000-7000-8000-000000000000"


def test_what_does_not_exist_is_not_found(foreman: ForemanTest) -> None:
    for run_id in (NOBODY, "no-uuid"):
        match foreman.client.get_run(run_id):
            case Failure(NotFoundError() as error):
                assert (error.status, error.code) == (404, "not_found")
                assert error.request_id
            case other:
                pytest.fail(f"{other}")


def test_a_bad_request_names_its_fields(foreman: ForemanTest) -> None:
    run = foreman.client.create_run(input_data=1).unwrap()
    result = foreman.client.create_task(run_id=run.id, type="x" * 256, input_data=1, max_retries=11)
    assert not result.success
    assert isinstance(result.error, InvalidRequestError)
    assert {detail.path for detail in result.error.details} == {"type", "maxRetries"}


def test_a_payload_over_the_limit_is_too_large(foreman: ForemanTest) -> None:
    result = foreman.client.create_run(input_data="x" * 1_048_577)
    assert not result.success
    assert isinstance(result.error, TooLargeError)


def test_a_key_that_was_never_issued_is_refused(foreman: ForemanTest) -> None:
    config = ForemanConfig(foreman.config.endpoint, "fmn_test_test_" + "0" * 40)
    result = get_run(config, NOBODY)
    assert not result.success
    assert (result.error.status, result.error.code) == (401, "unauthorized")


def test_an_idempotency_key_creates_once(foreman: ForemanTest) -> None:
    first = foreman.client.create_run(input_data=1, idempotency_key="once").unwrap()
    assert foreman.client.create_run(input_data=1, idempotency_key="once").unwrap() == first
    other = foreman.client.create_run(input_data=2, idempotency_key="once")
    assert not other.success
    assert isinstance(other.error, ConflictError)
    assert other.error.code == "idempotency_key_reused"
    foreman.clock.advance(24 * 3600)
    assert foreman.client.create_run(input_data=2, idempotency_key="once").unwrap().id != first.id


def test_a_foreman_that_is_over_answers_nothing() -> None:
    with ForemanTest() as foreman:
        config = foreman.config
        client = initialize_foreman_client(config)
        assert client.health().success
    for call in (partial(get_run, config), partial(wait_for_run, config), client.wait_for_run):
        result = call(NOBODY)
        assert not result.success
        assert result.error.code == "connection_failed"
    for use in (foreman.run_until_idle, foreman.worker):
        with pytest.raises(RuntimeError, match="is over"):
            use()
    with pytest.raises(RuntimeError, match="used once"), foreman:
        pass
    with pytest.raises(RuntimeError, match="with block"):
        _ = ForemanTest().client


def test_two_foremen_know_nothing_of_each_other(foreman: ForemanTest) -> None:
    run = foreman.client.create_run(input_data=1).unwrap()
    with ForemanTest() as other:
        assert not get_run(other.config, run.id).success
        assert get_run(foreman.config, run.id).success
