"""One shape for every error, whoever finds it: our routes, Chalice, or nobody."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from chalice.app import BadRequestError, Response

from app import app
from chalicelib.api import http
from chalicelib.api.app import ContractChalice
from tests.factories import MISSING_ID, Api, gateway_event, installed
from tests.lines import check_emf, logged

JSON = {"Content-Type": "application/json"}
SECRET = "text-of-an-exception"


def event(method: str = "GET", url: str = "/api/v1/runs", **context: Any) -> dict[str, Any]:
    made = gateway_event(app.routes, method, url, None, JSON)
    made["requestContext"] |= context
    return made


def without(*names: str) -> dict[str, Any]:
    made = event()
    for name in names:
        del made[name]
    return made


ODD: dict[str, tuple[Any, int]] = {
    "nothing": ({}, 500),
    "no object": ([1], 500),
    "no request context": (without("requestContext"), 500),
    "no headers": (without("headers", "multiValueHeaders"), 500),
    "a context that is none": ({"requestContext": "x"}, 500),
    "a method that Chalice refuses": (event(httpMethod="TRACE"), 405),
    "no path parameters": (
        {**event(url=f"/api/v1/runs/{MISSING_ID}"), "pathParameters": {}},
        500,
    ),
    "a body that is no base64": (
        {**event("POST"), "body": "%", "isBase64Encoded": True},
        401,
    ),
}


def assert_shape(answer: dict[str, Any], status: int) -> None:
    body = json.loads(answer["body"])
    assert answer["statusCode"] == status
    assert set(body) <= {"error", "code", "details", "requestId"}
    assert all(isinstance(body[name], str) and body[name] for name in ("error", "code", "requestId"))
    assert answer["headers"]["X-Request-Id"] == body["requestId"]
    assert answer["headers"]["Content-Type"] == "application/json"
    assert "Traceback" not in answer["body"]
    assert SECRET not in answer["body"]


@pytest.mark.parametrize(("odd", "status"), ODD.values(), ids=ODD)
def test_an_odd_event_gets_the_shape_and_one_line(api: Api, odd: Any, status: int) -> None:
    with logged() as log, installed(api.services):
        answer = app(odd, None)
    assert_shape(answer, status)
    [line] = log.of("request")
    check_emf(line)
    assert (line["status"], line["request_id"]) == (status, answer["headers"]["X-Request-Id"])
    assert "exc_info" not in log.text
    assert "exception" not in log.text


def raising(error: Exception) -> Callable[..., Response]:
    def view(**_: str) -> Response:
        raise error

    return view


@pytest.fixture
def other() -> ContractChalice:
    """An app whose views go wrong outside of our decorator."""
    made = ContractChalice(app_name="other")
    made.route("/bug", methods=["GET"], name="bug")(raising(ValueError(SECRET)))
    made.route("/refusal", methods=["GET"], name="refusal")(raising(BadRequestError(SECRET)))
    made.route("/typed", methods=["POST"], content_types=["text/csv"], name="typed")(raising(ValueError()))
    return made


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/bug", 500), ("GET", "/refusal", 400), ("POST", "/typed", 415)]
)
def test_what_chalice_makes_of_it_is_replaced(
    other: ContractChalice, method: str, path: str, status: int, debug: bool
) -> None:
    other.debug = debug
    with logged() as log:
        answer = other(gateway_event(other.routes, method, path, "{}", JSON), None)
    assert_shape(answer, status)
    assert SECRET not in log.text
    told = [(line["error_type"], line["request_id"]) for line in log.of("bug")]
    assert told == ([("ValueError", answer["headers"]["X-Request-Id"])] if path == "/bug" else [])


def test_debug_mode_is_off() -> None:
    assert app.debug is False


def test_a_bug_outside_of_the_use_case_is_caught_as_well(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "query_of", raising(ValueError(SECRET)))
    answer = api("GET", "/api/v1/runs")
    assert (answer.status, answer.body["code"]) == (500, "internal_error")


@pytest.mark.parametrize(
    ("method", "url", "headers", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/api/v1/runs/x", {}, 404),
        ("DELETE", "/api/v1/runs", {}, 405),
        ("GET", "/api/v1/runs", {"Authorization": None}, 401),
        ("POST", "/api/v1/runs", {"Content-Type": "text/plain"}, 415),
        ("GET", "/api/v1/runs?limit=0", {}, 400),
    ],
)
def test_the_request_id_is_the_same_everywhere(
    api: Api, method: str, url: str, headers: dict[str, str | None], status: int
) -> None:
    with logged() as log:
        answer = api(method, url, {}, headers=headers)
    [line] = log.lines
    ids = {answer.body["requestId"], answer.headers["X-Request-Id"], line["request_id"]}
    assert (answer.status, ids) == (status, {"request-1"})
    assert (line["status"], line["code"]) == (status, answer.body["code"])
