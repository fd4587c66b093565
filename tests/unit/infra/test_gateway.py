"""The app behind its routes, called as Lambda calls it, from several threads."""

import json
import threading
import time
from typing import Any

import pytest
from chalice.app import Chalice, Request, Response

from infra.local.gateway.event import HttpRequest, HttpResponse
from infra.local.gateway.invoke import MAX_EVENT_BYTES, Gateway, LambdaContext


def small_app() -> Chalice:
    app = _Unruly(app_name="small", configure_logs=False, env={})
    for path in ("/no-answer", "/raises"):
        app.route(path, name=path)(str)

    @app.route("/echo/{name}", methods=["POST"], content_types=["*/*"])
    def echo(name: str) -> dict[str, Any]:
        size = len(current(app).raw_body)
        return {"name": name, "size": size, "function": app.lambda_context.function_name}

    @app.route("/meet")
    def meet() -> str:
        mine = current(app).headers["x-name"]
        barrier.wait(5)
        return f"{mine}={current(app).headers['x-name']}"

    @app.route("/huge")
    def huge() -> Response:
        return Response("x" * (MAX_EVENT_BYTES + 1), headers={"Content-Type": "text/plain"})

    @app.route("/huge-when-escaped")
    def huge_when_escaped() -> Response:
        return Response('"' * (MAX_EVENT_BYTES // 2 + 1), headers={"Content-Type": "text/plain"})

    @app.route("/slow")
    def slow() -> str:
        time.sleep(0.5)
        return "late"

    return app


class _Unruly(Chalice):
    """A function that breaks where Chalice does not catch it."""

    def __call__(self, event: Any, context: Any) -> Any:
        if event["resource"] == "/no-answer":
            return {"body": "a payload"}
        if event["resource"] == "/raises":
            raise RuntimeError("a payload")
        return super().__call__(event, context)


def current(app: Chalice) -> Request:
    request = app.current_request
    assert request is not None
    return request


barrier = threading.Barrier(2)


def call(
    method: str, path: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()
) -> HttpResponse:
    return GATEWAY.handle(HttpRequest(method, path, "", headers, body, "127.0.0.1"))


GATEWAY = Gateway(small_app(), "dev", "us-east-1")


def test_a_request_reaches_its_view() -> None:
    response = call("POST", "/echo/a%20b", b"12345")
    assert response.status == 200
    assert json.loads(response.body) == {"name": "a%20b", "size": 5, "function": "foreman-dev"}
    assert dict(response.headers)["x-amzn-RequestId"]


def test_each_thread_has_a_request_of_its_own() -> None:
    answers: list[bytes] = []
    threads = [
        threading.Thread(
            target=lambda n=n: answers.append(call("GET", "/meet", headers=(("x-name", n),)).body)
        )
        for n in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [b"a=a", b"b=b"]


def test_what_the_app_does_not_know_is_refused_in_the_contracts_shape() -> None:
    unknown = call("GET", "/nowhere")
    assert (unknown.status, json.loads(unknown.body)["code"]) == (404, "not_found")
    wrong = call("DELETE", "/echo/x")
    assert (wrong.status, json.loads(wrong.body)["code"]) == (405, "method_not_allowed")
    assert dict(wrong.headers)["Allow"] == "POST"
    assert set(json.loads(wrong.body)) == {"error", "code", "requestId"}


def test_the_limits_of_api_gateway_and_lambda_hold() -> None:
    fits = call("POST", "/echo/x", b"x" * (MAX_EVENT_BYTES - 2000))
    assert fits.status == 200
    beside = call("POST", "/echo/x", b"x" * (MAX_EVENT_BYTES - 2000), (("x-long", "y" * 2000),))
    assert (beside.status, json.loads(beside.body)["code"]) == (413, "payload_too_large")
    escaped = call("POST", "/echo/x", b'"' * (MAX_EVENT_BYTES // 2 + 1))
    assert escaped.status == 413


@pytest.mark.parametrize("path", ["/huge", "/huge-when-escaped", "/no-answer", "/raises"])
def test_a_function_that_answers_nothing_to_pass_on_is_502_and_a_bug(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = call("GET", path)
    assert (answer.status, json.loads(answer.body)["code"]) == (502, "internal_error")
    assert dict(answer.headers)["Retry-After"] == "1"
    assert f"bug: {'the answer to ' if 'huge' in path else ''}GET {path}" in caplog.text
    assert "a payload" not in caplog.text


def test_a_function_that_takes_too_long_is_504(caplog: pytest.LogCaptureFixture) -> None:
    impatient = Gateway(small_app(), "dev", "us-east-1", timeout_s=0.05)
    answer = impatient.handle(HttpRequest("GET", "/slow", "", (), b"", "127.0.0.1"))
    assert (answer.status, json.loads(answer.body)["code"]) == (504, "service_unavailable")
    assert dict(answer.headers)["Retry-After"] == "1"
    assert "bug: GET /slow" in caplog.text


def test_every_refusal_can_be_read_by_a_page() -> None:
    assert dict(call("GET", "/nowhere").headers)["Access-Control-Allow-Origin"] == "*"


def test_the_context_counts_down() -> None:
    context = LambdaContext("f", "us-east-1", timeout_s=5)
    assert 4000 < context.get_remaining_time_in_millis() <= 5000
    assert LambdaContext("f", "us-east-1", timeout_s=-1).get_remaining_time_in_millis() == 0
    assert context.aws_request_id != LambdaContext("f", "us-east-1").aws_request_id
