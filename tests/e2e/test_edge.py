"""The edge of the API is the same by event, on the local stack and deployed: paths, methods, headers, CORS.

Left out is what MiniStack does otherwise than AWS: it decodes a path before it matches it (`%2F`), makes one slash of two, knows no
limits of size, and reads bytes that are no UTF-8 as text.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.bad_bodies import NO_JSON_OBJECT, inside, taking_bodies
from tests.e2e.deployment import deployed
from tests.e2e.edge import Asked, Said, Way, by_event, over_http
from tests.e2e.processes import Stack
from tests.factories import MISSING_ID, memory_api

pytestmark = pytest.mark.e2e
RUNS = "/api/v1/runs"
RUN = f"{RUNS}/{MISSING_ID}"
CLAIM = "/api/v1/tasks/claim"
JSON = {"Content-Type": "application/json"}
NO_KEY = {"Authorization": None}
ORIGIN = {"Origin": "https://app.example.com"}
ERROR = {"error", "code", "requestId"}
ALLOWED = {
    "/health": "GET, HEAD, OPTIONS",
    RUNS: "GET, HEAD, OPTIONS, POST",
    RUN: "GET, HEAD, OPTIONS, PATCH",
    f"{RUN}/cancel": "OPTIONS, POST",
    f"{RUN}/data": "DELETE, GET, HEAD, OPTIONS, POST",
    CLAIM: "OPTIONS, POST",
}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def ways(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Way]]:
    with deployed(tmp_path_factory.mktemp("edge")) as up:
        yield {
            "event": by_event(memory_api()[0]),
            "local": over_http(stack.endpoint, stack.api_key),
            "deployed": over_http(up.endpoint, up.api_key),
        }


@pytest.fixture(params=["event", "local", "deployed"])
def ask(request: pytest.FixtureRequest, ways: dict[str, Way]) -> Way:
    return ways[request.param]


def is_error(said: Said, status: int, code: str) -> bool:
    """Whether it is the contract's error, and can be read by a page."""
    assert (said.status, said.body["code"]) == (status, code)
    assert ERROR <= set(said.body) <= ERROR | {"details"}
    assert said.headers["x-request-id"] == said.body["requestId"]
    assert said.headers["content-type"] == "application/json"
    return said.headers["access-control-allow-origin"] == "*"


def is_unknown(said: Said, method: str) -> bool:
    assert said.status == 404
    return said.body is None if method == "HEAD" else is_error(said, 404, "not_found")


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_path_is_404_for_every_method(ask: Way, method: str) -> None:
    assert is_unknown(ask(Asked(method, "/nope")), method)


@pytest.mark.parametrize("path", ["/", "/api/v1", "/Health", f"{RUN}/nope", f"{RUNS}/../runs"])
@pytest.mark.parametrize("headers", [NO_KEY, {"Authorization": "Bearer nobody"}], ids=["no key", "bad key"])
def test_an_unknown_path_is_404_whoever_asks(ask: Way, path: str, headers: dict[str, str | None]) -> None:
    assert is_unknown(ask(Asked("POST", path, headers=headers)), "POST")


@pytest.mark.parametrize("path", ALLOWED)
def test_a_wrong_method_is_405_and_told_the_right_ones(ask: Way, path: str) -> None:
    for method in set(METHODS) - set(ALLOWED[path].split(", ")):
        said = ask(Asked(method, path, b"{}" if method[0] == "P" else None, JSON))
        assert (said.status, said.headers["allow"]) == (405, ALLOWED[path])
        assert said.body is None if method == "HEAD" else is_error(said, 405, "method_not_allowed")


@pytest.mark.parametrize("path", ALLOWED)
def test_a_preflight_needs_no_key_and_tells_what_may_be_sent(ask: Way, path: str) -> None:
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    said = ask(Asked("OPTIONS", path, headers={**NO_KEY, **ORIGIN, **wanted}))
    assert (said.status, said.body) == (204, None)
    assert said.headers["allow"] == said.headers["access-control-allow-methods"] == ALLOWED[path]
    assert said.headers["access-control-allow-origin"] == "*"
    assert (
        said.headers["access-control-allow-headers"]
        == "Authorization, Content-Type, Idempotency-Key, traceparent"
    )
    assert int(said.headers["access-control-max-age"]) > 0


def test_a_preflight_asks_about_the_path_and_not_about_the_id(ask: Way) -> None:
    assert ask(Asked("OPTIONS", f"{RUNS}/no-id", headers=NO_KEY)).status == 204


@pytest.mark.parametrize(
    "asked",
    [
        Asked("GET", "/health", headers=NO_KEY),
        Asked("GET", "/openapi.json", headers=NO_KEY),
        Asked("GET", f"{RUNS}?limit=1"),
        Asked("GET", f"{RUNS}?limit=0"),
        Asked("GET", RUN),
        Asked("GET", f"{RUNS}/no-id"),
        Asked("GET", RUNS, headers=NO_KEY),
    ],
    ids=lambda asked: asked.path,
)
def test_head_says_what_get_says_without_the_body(ask: Way, asked: Asked) -> None:
    got, headed = ask(asked), ask(replace(asked, method="HEAD"))
    assert (headed.status, headed.body) == (got.status, None)
    assert set(got.headers) - set(headed.headers) <= {"content-length"}
    same = [name for name in got.headers if name.startswith("access-control-") or name == "content-type"]
    assert [headed.headers[name] for name in same] == [got.headers[name] for name in same]


@pytest.mark.parametrize(
    "identifier",
    [
        *("no-id", "%20", "%C3%A9", "%F0%9F%98%80", "%ff", "%00", "%", "%zz", "..", ".", "a+b", "a" * 5000),
        MISSING_ID.upper(),
        MISSING_ID.replace("0190", "%30190"),
        f"{MISSING_ID}%20",
    ],
)
def test_an_id_that_nothing_has_is_404_however_it_is_spelled(ask: Way, identifier: str) -> None:
    assert is_error(ask(Asked("GET", f"{RUNS}/{identifier}")), 404, "not_found")


@pytest.mark.parametrize("spell", [str.upper, lambda text: text.replace("-", "%2D"), lambda text: f"{text}/"])
def test_an_id_is_found_however_it_is_spelled(ask: Way, spell: Way) -> None:
    made = ask(Asked("POST", RUNS, inside(b"1"), JSON)).body["id"]
    said = ask(Asked("GET", f"{RUNS}/{spell(made)}"))
    assert (said.status, said.body["id"]) == (200, made)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=%31", 200),
        ("limit=1&limit=1", 400),
        ("limit=+1", 400),
        ("limit", 400),
        ("cursor=%", 400),
        ("cursor=%ff%00", 400),
        ("status=%66ailed", 200),
        ("&&=&%zz=%zz&x", 200),
        ("&".join(f"p{n}=1" for n in range(900)), 200),
        ("&".join(["other=1"] * 900), 200),
    ],
    ids=lambda value: str(value)[:20],
)
def test_query_parameters_are_decoded_alike(ask: Way, query: str, status: int) -> None:
    said = ask(Asked("GET", f"{RUNS}?{query}"))
    assert said.status == status
    assert status == 200 or said.body["code"] in ("invalid_request", "invalid_cursor")


def test_a_value_in_a_query_is_decoded_once(ask: Way) -> None:
    run = ask(Asked("POST", RUNS, inside(b"1"), JSON)).body["id"]
    task = b'{"runId":"%s","type":"a+b %%41\xc3\xa9","inputData":1}' % run.encode()
    made = ask(Asked("POST", "/api/v1/tasks", task, JSON)).body["id"]
    for spelled in ("a%2Bb+%2541%C3%A9", "a%2bb%20%2541%c3%a9"):
        rows = ask(Asked("GET", f"/api/v1/tasks?runId={run}&type={spelled}")).body["data"]
        assert [row["id"] for row in rows] == [made]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"content-type": "APPLICATION/JSON; charset=UTF-8"}, 201),
        ({"CONTENT-TYPE": "application/json", "aUTHORIZATION": "bearer KEY"}, 201),
        ({**JSON, **ORIGIN}, 201),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/octet-stream"}, 415),
        ({"Content-Type": "image/png"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "multipart/form-data"}, 415),
        ({"Content-Type": "application/json; charset=latin-1"}, 415),
        ({**JSON, "Content-Encoding": "gzip"}, 415),
        ({**JSON, "Authorization": "Basic KEY"}, 401),
        ({**JSON, "Authorization": "Bearer"}, 401),
        ({**JSON, "Authorization": "KEY"}, 401),
        ({**JSON, "Authorization": "Bearer KEYx"}, 401),
        ({**JSON, **NO_KEY}, 401),
        ({**JSON, "IDEMPOTENCY-key": ""}, 400),
        ({**JSON, "idempotency-KEY": "k" * 256}, 400),
    ],
    ids=repr,
)
def test_headers_are_read_alike_in_any_case(ask: Way, headers: dict[str, str | None], status: int) -> None:
    said = ask(Asked("POST", RUNS, inside(b"1"), headers))
    codes = {400: "invalid_request", 401: "unauthorized", 415: "unsupported_media_type"}
    assert said.status == status
    assert said.headers["access-control-allow-origin"] == "*"
    assert "X-Request-Id" in said.headers["access-control-expose-headers"]
    assert status == 201 or is_error(said, status, codes[status])


@pytest.mark.parametrize(
    "kind",
    ["empty", "array", "byte order mark", "1e400", "101 arrays", "lone high surrogate", "repeated key"],
)
def test_bad_bodies_are_refused_alike(ask: Way, kind: str) -> None:
    assert is_error(ask(Asked("POST", RUNS, NO_JSON_OBJECT[kind], JSON)), 400, "invalid_json")


def test_a_body_over_the_limit_is_413(ask: Way) -> None:
    too_large = inside(b'"' + b"x" * (4 << 20) + b'"')
    assert is_error(ask(Asked("POST", RUNS, too_large, JSON)), 413, "payload_too_large")


def test_a_body_where_none_is_taken_is_ignored(ask: Way) -> None:
    for method in ("GET", "DELETE"):
        path = f"{RUN}/data?key=k" if method == "DELETE" else RUN
        assert is_error(ask(Asked(method, path, b"\x00{", JSON)), 404, "not_found")


@pytest.mark.parametrize("name", sorted(taking_bodies()))
def test_no_bad_body_gets_past_the_local_stack(ways: dict[str, Way], name: str) -> None:
    route = taking_bodies()[name]
    path = (
        route.path.replace("{run_id}", MISSING_ID)
        .replace("{task_id}", MISSING_ID)
        .replace("{data_id}", MISSING_ID)
        .replace("{schedule_id}", MISSING_ID)
    )
    for raw in NO_JSON_OBJECT.values():
        assert is_error(ways["local"](Asked(route.method, path, raw, JSON)), 400, "invalid_json")


@pytest.mark.parametrize("size", [5 << 20, 7 << 20, 11 << 20])
def test_the_local_stack_has_the_gateways_limits(ways: dict[str, Way], size: int) -> None:
    said = ways["local"](Asked("POST", RUNS, inside(b'"' + b"x" * size + b'"'), JSON))
    assert is_error(said, 413, "payload_too_large")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked("GET", f"{RUNS}?{'a=1&' * 10_000}"), 414),
        (Asked("GET", "/" + "a" * 2**20), 414),
        (Asked("GET", RUNS, headers={"X-Long": "y" * 65_000}), 431),
        (Asked("GET", RUNS, headers={f"X-{n}": "y" for n in range(1000)}), 431),
        (Asked("PROPFIND", RUNS), 405),
        (Asked("PROPFIND", "/nope"), 404),
        (Asked("get", RUNS), 405),
    ],
    ids=["query", "path", "header", "headers", "method", "method and path", "case of a method"],
)
def test_what_the_gateway_refuses_itself_has_the_contracts_shape(
    ways: dict[str, Way], asked: Asked, status: int
) -> None:
    said = ways["local"](asked)
    codes = {404: "not_found", 405: "method_not_allowed"}
    assert is_error(said, status, codes.get(status, "invalid_request"))
