"""Every kind of bad body on every route that takes one, headers that make a body unreadable, and the work that it takes."""

import json
import time
import zlib
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from foreman_contract import limits
from foreman_engine.api.answers import MAX_DETAILS
from foreman_engine.api.routes import Route
from tests.bad_bodies import NO_JSON_OBJECT, ODD_BUT_FINE, inside, taking_bodies
from tests.factories import Answered, Api
from tests.unit.api.flows import get_run, make_run, make_task
from tests.unit.api.test_routes import BODIES, url

ROUTES = taking_bodies()
RUNS = "/api/v1/runs"
NEARLY_4_MB = limits.MAX_BODY_BYTES - 1000


def is_refused(answer: Answered, status: int, code: str) -> bool:
    return (answer.status, answer.body["code"], answer.body["requestId"]) == (status, code, "request-1")


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize("raw", NO_JSON_OBJECT.values(), ids=NO_JSON_OBJECT)
def test_what_is_no_json_object_is_400(api: Api, route: Route, raw: bytes) -> None:
    answer = api(route.method, url(route.path), raw=raw)
    assert is_refused(answer, 400, "invalid_json")
    assert "secret" not in answer.body["error"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a":"b', "Unterminated string starting at character 5."),
        (b'{"a":"\t"}', "Invalid control character at character 6."),
        (b'{"a":}', "Expecting value at character 5."),
    ],
)
def test_malformed_json_is_told_by_its_place(api: Api, raw: bytes, said: str) -> None:
    assert api("POST", RUNS, raw=raw).body["error"] == f"The body is not valid JSON: {said}"


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_text_that_cannot_be_bytes_is_400(api: Api, route: Route) -> None:
    assert is_refused(api(route.method, url(route.path), raw='{"a":"\ud800"}'), 400, "invalid_json")


@pytest.mark.parametrize("value", ODD_BUT_FINE.values(), ids=ODD_BUT_FINE)
def test_what_is_merely_odd_comes_back_equal(api: Api, value: bytes) -> None:
    run = api("POST", RUNS, raw=inside(value)).body
    sent = json.loads(value)
    assert run["inputData"] == get_run(api, run["id"])["inputData"] == sent
    assert type(run["inputData"]) is type(sent)


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset=utf-8; charset=ascii"},
        {"Content-Encoding": "gzip"},
        {"content-encoding": "br, identity"},
    ],
    ids=repr,
)
def test_a_body_that_is_declared_as_anything_but_plain_json_is_415(
    api: Api, route: Route, headers: dict[str, str]
) -> None:
    answer = api(route.method, url(route.path), raw=inside(b"1"), headers=headers)
    assert is_refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": None},
        {"Content-Type": "Application/JSON"},
        {"Content-Type": 'application/json;charset="UTF-8"'},
        {"Content-Type": "application/vnd.acme+json; version=1; charset=utf8"},
        {"Content-Encoding": "identity"},
    ],
    ids=repr,
)
def test_a_body_that_is_declared_as_json_in_any_way_is_read(api: Api, headers: dict[str, str | None]) -> None:
    assert api("POST", RUNS, raw=inside(b"1"), headers=headers).status == 201


def test_a_gzip_bomb_is_never_inflated(api: Api) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"\x00" * 2**20) for _ in range(64)) + packer.flush()
    began = time.process_time()
    assert is_refused(
        api("POST", RUNS, raw=bomb, headers={"Content-Encoding": "gzip"}), 415, "unsupported_media_type"
    )
    assert is_refused(api("POST", RUNS, raw=bomb), 400, "invalid_json")
    assert time.process_time() - began < 0.1


def test_so_many_faults_are_listed_and_the_rest_is_counted(api: Api) -> None:
    task = {"runId": 1, "type": 1, "inputData": 1, "maxRetries": "3", "enqueue": 0, "queue": " "}
    answer = api("POST", "/api/v1/tasks/batch", {"tasks": [task] * 90})
    assert is_refused(answer, 400, "invalid_request")
    assert len(answer.body["details"]) == MAX_DETAILS
    assert answer.body["error"].endswith(f"The first {MAX_DETAILS} of 450 faults are listed.")


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("tags", ["a", 1], "tags[1]"),
        ("tags", [None], "tags[0]"),
        ("tags", ["a\u0000"], "tags[0]"),
        ("key", "a\u0007", "key"),
        ("key", None, "key"),
        ("key", True, "key"),
        ("metadata", None, "metadata"),
    ],
)
def test_a_fault_deep_inside_is_named(api: Api, field: str, value: Any, path: str) -> None:
    run = make_run(api)["id"]
    body = {"taskId": make_task(api, run)["id"], "key": "k", "value": 1, field: value}
    answer = api("POST", f"{RUNS}/{run}/data", body)
    assert is_refused(answer, 400, "invalid_request")
    assert [detail["path"] for detail in answer.body["details"]] == [path]


@pytest.mark.parametrize(
    ("route", "field"),
    [
        (route, field)
        for route in ROUTES.values()
        if route.body is not None
        for field in sorted(set(route.body.model_fields) - route.body.payload_fields)
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.method} {value.path}",
)
def test_a_field_that_is_no_payload_is_never_null(api: Api, route: Route, field: str) -> None:
    valid, _ = BODIES[route.method, route.path]
    name = to_camel(field)
    answer = api(route.method, url(route.path), {**valid, name: None})
    assert (answer.status, answer.body["details"][0]["path"]) == (400, name)


@pytest.mark.parametrize("value", ["3", 3.0, 3.5, True, None, [3], 10**30, -1])
@pytest.mark.parametrize("name", ["maxRetries", "timeoutSeconds"])
def test_only_an_integer_in_range_is_an_integer(api: Api, name: str, value: Any) -> None:
    task = {"runId": make_run(api)["id"], "type": "t", "inputData": 1}
    answer = api("POST", "/api/v1/tasks", {**task, name: value})
    assert is_refused(answer, 400, "invalid_request")
    assert [detail["path"] for detail in answer.body["details"]] == [name]


@pytest.mark.parametrize("key", ["\ud800", "\x00", "é", "x" * 10_000, " ", "a b"])
def test_a_key_of_odd_characters_is_401(api: Api, key: str) -> None:
    assert is_refused(api("GET", RUNS, headers={"Authorization": f"Bearer {key}"}), 401, "unauthorized")


def many(element: bytes, size: int = NEARLY_4_MB) -> bytes:
    return b"[" + b",".join([element] * (size // (len(element) + 1))) + b"]"


TASK = b'{"inputData":1,"tasks":[{"type":"t","inputData":1,"dependsOn":%s}]}'
LARGE = {
    "small objects": inside(many(b'{"a":1}')),
    "empty arrays": inside(many(b"[]")),
    "deep arrays": inside(many(b"[" * 90 + b"]" * 90)),
    "small integers and a long one": inside(
        many(b"1", NEARLY_4_MB - 500)[:-1] + b"," + b"1" + b"0" * 308 + b"]"
    ),
    "long integers": inside(many(b"1" * 308)),
    "floats that are hard to round": inside(many(b"2.2250738585072011e-308")),
    "a long fraction": inside(b"0." + b"1" * NEARLY_4_MB),
    "a long integer": inside(b"1" * NEARLY_4_MB),
    "many keys": inside(b"{" + b",".join(b'"%d":1' % n for n in range(NEARLY_4_MB // 12)) + b"}"),
    "many fields": b"{" + b",".join(b'"%d":1' % n for n in range(NEARLY_4_MB // 12)) + b"}",
    "a long string": inside(b'"' + b"x" * NEARLY_4_MB + b'"'),
    "escapes": inside(b'"' + b"\\u00e9" * (NEARLY_4_MB // 6) + b'"'),
    "an open string full of quotes": b"[" * 200 + b'\\"' * (NEARLY_4_MB // 2),
    "open strings": b"[" * 200 + b'"\\' * (NEARLY_4_MB // 2),
    "faulty elements": b'{"inputData":1,"tasks":' + many(b"1") + b"}",
    "faulty names": TASK % many(b"1"),
    "repeated names": TASK % many(b'"a"', NEARLY_4_MB * 2 // 3),
}


@pytest.mark.parametrize("raw", LARGE.values(), ids=LARGE)
def test_no_body_up_to_the_limit_takes_a_second(api: Api, raw: bytes) -> None:
    began = time.process_time()
    answer = api("POST", RUNS, raw=raw, headers={"Idempotency-Key": "k"})
    taken_s = time.process_time() - began
    assert answer.status < 500
    assert len(json.dumps(answer.body)) < limits.MAX_PAYLOAD_BYTES * 5
    assert taken_s < 2  # the worst takes 0.8 s alone; this leaves room for a busy machine


@pytest.mark.parametrize("faulty", [b"1", b'""'])
def test_tags_are_looked_at_until_the_first_bad_one(api: Api, faulty: bytes) -> None:
    run = make_run(api)["id"]
    task = make_task(api, run)["id"].encode()
    tags = many(faulty, NEARLY_4_MB // 2)
    began = time.process_time()
    answer = api(
        "POST", f"{RUNS}/{run}/data", raw=b'{"taskId":"%s","key":"k","value":1,"tags":%s}' % (task, tags)
    )
    assert [detail["path"] for detail in answer.body["details"]] == ["tags[0]"]
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"p{n}=1" for n in range(10_000)),
        "&".join(["other=1"] * 10_000),
        "other=" + "x" * 2**20,
        "%zz=%&=&&%00=%ff",
        "cursor=" + "A" * 2**20,
        "status=" + "%00" * 10_000,
    ],
    ids=["many", "repeated", "1 MB", "malformed", "long cursor", "long status"],
)
def test_no_query_is_too_much(api: Api, query: str) -> None:
    began = time.process_time()
    assert api("GET", f"{RUNS}?{query}").status in (200, 400)
    assert time.process_time() - began < 1


def test_a_repeated_scalar_parameter_is_400_however_often(api: Api) -> None:
    answer = api("GET", RUNS + "?" + "&".join(["limit=1"] * 10_000))
    assert is_refused(answer, 400, "invalid_request")


def test_a_query_with_a_lone_surrogate_is_400(api: Api) -> None:
    answer = api("GET", "/api/v1/tasks?type=\ud800")
    assert is_refused(answer, 400, "invalid_request")
    assert [detail["path"] for detail in answer.body["details"]] == ["type"]
