"""A request becomes the event that API Gateway would send, and an answer the response."""

import base64
from dataclasses import replace

import pytest

from infra.local.gateway.event import Event, HttpRequest, build_event, parse_answer
from infra.local.gateway.routes import Match

FOUND = Match("/api/v1/runs/{id}", {"id": "7"})
REQUEST = HttpRequest(
    method="PATCH",
    path="/api/v1/runs/7",
    query="tags=a%2Cb&tags=c+d&limit=5&empty=",
    headers=[("Content-Type", "application/json"), ("X-Many", "1"), ("X-Many", "2"), ("User-Agent", "t")],
    body='{"ä": 1}'.encode(),
    source_ip="127.0.0.1",
)


def event(request: HttpRequest = REQUEST) -> Event:
    return build_event(request, FOUND, "dev", ["application/octet-stream", "image/png"])


def test_the_parts_stand_where_lambda_proxy_integration_puts_them() -> None:
    made = event()
    assert (made["resource"], made["path"], made["httpMethod"]) == (FOUND.resource, REQUEST.path, "PATCH")
    assert made["pathParameters"] == {"id": "7"}
    context = made["requestContext"]
    assert (context["resourcePath"], context["stage"]) == (FOUND.resource, "dev")
    assert (context["httpMethod"], context["path"]) == ("PATCH", "/dev/api/v1/runs/7")
    assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "t"}
    assert event()["requestContext"]["requestId"] != context["requestId"]


def test_repeated_query_parameters_are_all_there_and_the_last_one_is_the_single_one() -> None:
    made = event()
    assert made["multiValueQueryStringParameters"] == {"tags": ["a,b", "c d"], "limit": ["5"], "empty": [""]}
    assert made["queryStringParameters"] == {"tags": "c d", "limit": "5", "empty": ""}


def test_what_is_absent_is_null() -> None:
    made = build_event(replace(REQUEST, query="", body=b""), Match("/health", {}), "dev", [])
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body")
    assert [made[name] for name in absent] == [None] * 4
    assert made["isBase64Encoded"] is False


def test_headers_keep_their_case_and_every_value() -> None:
    made = event()
    assert made["headers"]["X-Many"] == "2"
    assert made["multiValueHeaders"]["X-Many"] == ["1", "2"]
    assert made["headers"]["X-Forwarded-For"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"\xff{", "application/json"), (b"plain", "application/octet-stream"), (b"x", "Image/PNG; a=b")],
)
def test_bytes_travel_as_base64(body: bytes, content_type: str) -> None:
    made = event(replace(REQUEST, body=body, headers=[("content-type", content_type)]))
    assert made["isBase64Encoded"] is True
    assert base64.b64decode(made["body"]) == body


def test_text_travels_as_it_is() -> None:
    assert (event()["body"], event()["isBase64Encoded"]) == ('{"ä": 1}', False)


def test_an_answer_becomes_a_response() -> None:
    response = parse_answer(
        {
            "statusCode": 201,
            "headers": {"Content-Type": "text/plain", "X": "old"},
            "multiValueHeaders": {"X": ["1", "2"]},
            "body": "ä",
        }
    )
    assert response.status == 201
    assert list(response.headers) == [("Content-Type", "text/plain"), ("X", "1"), ("X", "2")]
    assert response.body == "ä".encode()
    assert parse_answer({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}).body == b"hi"


def test_what_is_no_proxy_answer_is_refused() -> None:
    with pytest.raises(KeyError):
        parse_answer({"body": "hi"})
