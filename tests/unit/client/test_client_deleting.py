"""Deleting goes on until nothing is left, and is done when what it was to delete is gone."""

from typing import Any

import httpx
import pytest

from foreman_client import ConnectionFailedError, Deleted, NotFoundError, Result, UnexpectedAnswerError
from foreman_client.operations.deleting import delete_run_data
from tests.unit.client.records import RUN_ID, error_json
from tests.unit.client.stub_service import Reply, StubService, answer, error_of, serving

NOT_FOUND = answer(404, error_json("not_found"))
LOST = httpx.ReadTimeout("slow")


def some(deleted: int, *, more: bool = False) -> httpx.Response:
    return answer(200, {"deleted": deleted} | ({"more": True} if more else {}))


def delete(service: StubService, **arguments: Any) -> Result[Deleted]:
    session = service.session()
    return session.run(delete_run_data(session.scope, RUN_ID, **(arguments or {"key": "k"})))


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({"key": "a,b/ü% "}, b"key=a%2Cb%2F%C3%BC%25+"),
        ({"id": "01890000-0000-7000-8000-0000000000aa"}, b"id=01890000-0000-7000-8000-0000000000aa"),
    ],
)
def test_what_is_to_be_deleted_is_said_in_the_query(arguments: dict[str, str], query: bytes) -> None:
    service = serving(some(1))
    assert delete(service, **arguments).unwrap().deleted == 1
    (request,) = service.requests
    assert (request.method, request.url.path) == ("DELETE", f"/prod/api/v1/runs/{RUN_ID}/data")
    assert (request.url.query, request.content) == (query, b"")


def test_it_goes_on_while_there_is_more_and_adds_up() -> None:
    service = serving(some(1000, more=True), some(1000, more=True), some(7))
    deleted = delete(service).unwrap()
    assert deleted.to_wire() == {"deleted": 2007}
    assert deleted.more is None
    assert len({str(request.url) for request in service.requests}) == 1
    assert (len(service.requests), service.slept) == (3, [])


def test_nothing_that_matches_is_a_failure() -> None:
    service = serving(NOT_FOUND)
    assert isinstance(error_of(delete(service)), NotFoundError)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "lost",
    [LOST, httpx.ReadError("reset"), answer(503, error_json("service_unavailable")), httpx.Response(504)],
    ids=lambda reply: str(getattr(reply, "status_code", type(reply).__name__)),
)
def test_nothing_left_after_a_lost_answer_is_success(lost: Reply) -> None:
    service = serving(lost, NOT_FOUND)
    assert delete(service).unwrap() == Deleted(deleted=0)
    assert len(service.requests) == 2


def test_nothing_left_after_calls_that_deleted_is_success() -> None:
    assert delete(serving(some(1000, more=True), NOT_FOUND)).unwrap() == Deleted(deleted=1000)


def test_a_lost_answer_in_between_is_asked_for_again_and_the_rest_counted() -> None:
    service = serving(some(1000, more=True), LOST, some(400, more=True), LOST, NOT_FOUND)
    assert delete(service).unwrap().deleted == 1400


def test_a_spent_rate_limit_deleted_nothing_so_nothing_that_matches_is_a_failure_still() -> None:
    limited = answer(429, error_json("rate_limited"), {"Retry-After": "7"})
    assert isinstance(error_of(delete(serving(limited, NOT_FOUND))), NotFoundError)


@pytest.mark.parametrize("first", [LOST, some(1000, more=True)])
def test_a_404_that_is_not_foremans_is_a_failure(first: Reply) -> None:
    assert error_of(delete(serving(first, httpx.Response(404, text="<html>")))).code == "http_404"


def test_a_failure_on_the_way_tells_what_was_deleted_and_each_call_has_retries_of_its_own() -> None:
    reset = httpx.ReadError("reset")
    service = serving(reset, reset, reset, reset, some(1000, more=True), reset)
    error = error_of(delete(service))
    assert isinstance(error, ConnectionFailedError)
    assert error.__notes__ == ["1000 entries were deleted before"]
    assert len(service.requests) == 5 + 5


def test_others_may_be_quicker_for_a_while() -> None:
    idle = some(0, more=True)
    service = serving(*[idle] * 9, some(3, more=True), *[idle] * 9, some(2))
    assert delete(service).unwrap().deleted == 5
    assert service.slept == [0.5, 1, 2, 4, 8, 8, 8, 8, 8] * 2


def test_a_service_that_makes_no_progress_is_not_asked_for_ever() -> None:
    service = serving(some(5, more=True), some(0, more=True))
    error = error_of(delete(service))
    assert isinstance(error, UnexpectedAnswerError)
    assert (error.code, error.retryable) == ("no_progress", True)
    assert error.__notes__ == ["5 entries were deleted before"]
    assert len(service.requests) == 11


@pytest.mark.parametrize(
    ("run_id", "arguments", "error"),
    [
        (RUN_ID, {}, TypeError),
        (RUN_ID, {"key": "k", "id": "i"}, TypeError),
        (RUN_ID, {"key": 7}, TypeError),
        (RUN_ID, {"id": 7}, TypeError),
        (RUN_ID, {"key": "\ud800"}, ValueError),
        ("", {"key": "k"}, ValueError),
        ("..", {"key": "k"}, ValueError),
        (None, {"key": "k"}, TypeError),
    ],
)
def test_wrong_arguments_raise_before_the_first_step(
    run_id: Any, arguments: dict[str, Any], error: type[Exception]
) -> None:
    scope = serving(some(1)).session().scope
    with pytest.raises(error):
        delete_run_data(scope, run_id, **arguments)
