"""A Result says whether a call worked, and never hides which."""

import pickle

import pytest

from foreman_client import Failure, ForemanError, NoDataError, NotFoundError, Result, Success
from foreman_contract.service import ErrorDetail

GONE = NotFoundError(
    "no such run",
    code="not_found",
    status=404,
    request_id="req-9",
    details=[ErrorDetail(path="runId", message="unknown")],
)


def test_a_success_has_its_data_and_no_error() -> None:
    result: Result[int] = Success(3)
    assert result.success
    assert result.data == 3
    assert result.error is None


def test_a_success_unwraps_maps_and_ignores_the_default() -> None:
    assert Success(3).unwrap() == 3
    assert Success(3).unwrap_or(9) == 3
    assert Success(3).map(str) == Success("3")


def test_a_failure_has_its_error() -> None:
    result = Failure(GONE)
    assert not result.success
    assert result.error is GONE


def test_the_data_of_a_failure_raises_naming_the_failure() -> None:
    with pytest.raises(NoDataError, match=r"no such run \[not_found, status 404, request req-9\]") as raised:
        _ = Failure(GONE).data
    assert raised.value.__cause__ is GONE


def test_a_failure_unwraps_to_its_error_and_keeps_it_through_map() -> None:
    with pytest.raises(NotFoundError):
        Failure(GONE).unwrap()
    assert Failure(GONE).unwrap_or(9) == 9
    assert Failure(GONE).map(str) == Failure(GONE)


@pytest.mark.parametrize(("result", "said"), [(Success(3), "got 3"), (Failure(GONE), "no: not_found")])
def test_results_can_be_matched(result: Result[int], said: str) -> None:
    match result:
        case Success(data):
            text = f"got {data}"
        case Failure(error):
            text = f"no: {error.code}"
    assert text == said


def test_results_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Success(3).data = 4  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Failure(GONE).error = GONE  # type: ignore[misc]


def test_a_success_may_be_made_with_its_type() -> None:
    assert Success[int](3) == Success(3)


def test_an_error_tells_all_it_knows_and_survives_pickling() -> None:
    copy = pickle.loads(pickle.dumps(GONE))
    assert isinstance(copy, ForemanError)
    assert str(copy) == "no such run [not_found, status 404, request req-9]; runId: unknown"
    assert (copy.code, copy.status, copy.retryable, copy.details) == ("not_found", 404, False, GONE.details)
