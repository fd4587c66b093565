"""Whatever is sent, the answer is the contract's: never a 500, always the one error shape."""

import json
from typing import Any, Final
from urllib.parse import quote, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import Answered, memory_api
from tests.unit.api.flows import make_run, make_task
from tests.unit.api.test_routes import BODIES

_SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["completed", "running", "cancelled", "failed", "released", "normal", "", "\x00", "é" * 300]
    )
)
_VALUES: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_NAMES: Final = sorted(
    {name for body, _ in BODIES.values() for name in body} | {"status", "metadata", "outputData", "tags"}
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A route, and a valid body of it with some fields replaced, removed or added."""
    method, path = draw(st.sampled_from(sorted(BODIES)))
    body = dict(BODIES[method, path][0])
    for name in draw(st.lists(st.sampled_from(_NAMES), max_size=3)):
        body[name] = draw(_VALUES)
    for name in draw(st.lists(st.sampled_from(sorted(body)), max_size=1)):
        body.pop(name)
    return method, path, body


def is_an_answer(answer: Answered) -> bool:
    if answer.status < 400:
        return True
    return answer.status < 500 and {"error", "code", "requestId"} <= set(answer.body)


@settings(max_examples=300, deadline=None)
@given(requests())
def test_no_body_is_answered_with_a_5xx(request: tuple[str, str, Any]) -> None:
    api, _ = memory_api()
    run = make_run(api)["id"]
    task = make_task(api, run)["id"]
    method, path, body = request
    text = json.dumps(body).replace("0190c5c8-0000-7000-8000-000000000000", run)
    text = text.replace("0190c5c8-0000-8000-8000-000000000000", task)
    url = path.replace("{run_id}", run).replace("{task_id}", task)
    assert is_an_answer(api(method, url, raw=text))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["/api/v1/runs", "/api/v1/tasks", "/api/v1/config/queues", "/api/v1/data", "/data"]),
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "limit",
                    "offset",
                    "cursor",
                    "sortBy",
                    "sortOrder",
                    "total",
                    "runId",
                    "key",
                    "keys",
                    "keyStartsWith",
                    "keyPattern",
                    "tags",
                    "tagStartsWith",
                    "tagMode",
                    "includeAll",
                    "taskQueue",
                    "resultQueue",
                ]
            ),
            st.text(max_size=12)
            | st.sampled_from(
                ["1", "true", "asc", "all", "key", "updated_at", "*?[", "W10", "WzFd", "-0", "٣"]
            ),
        ),
        max_size=4,
    ),
)
def test_no_query_is_answered_with_a_5xx(path: str, query: list[tuple[str, str]]) -> None:
    api, _ = memory_api()
    run = make_run(api)["id"]
    url = f"/api/v1/runs/{run}/data" if path == "/data" else path
    assert is_an_answer(api("GET", f"{url}?{urlencode(query)}"))


_ODDITIES: Final = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\x00", b"\xff", b"\xef\xbb\xbf"),
    *(b"NaN", b"1e400", b"-", b"\\ud800", b"9" * 400, b"[" * 200, b"true", b"null"),
]


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A route, and the text of a valid body of it with some pieces cut out, doubled or put in."""
    method, path = draw(st.sampled_from(sorted(BODIES)))
    text = json.dumps(BODIES[method, path][0]).encode()
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        piece = draw(st.sampled_from([b"", text[start:end] * 2, *_ODDITIES]) | st.binary(max_size=4))
        text = text[:start] + piece + text[end:]
    return method, path, text


@settings(max_examples=300, deadline=None)
@given(spoiled())
def test_no_spoiled_text_is_answered_with_a_5xx(request: tuple[str, str, bytes]) -> None:
    api, _ = memory_api()
    method, path, text = request
    run = make_run(api)["id"]
    assert is_an_answer(api(method, path.replace("{run_id}", run).replace("{task_id}", run), raw=text))


_VALID: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(_VALID, st.booleans(), st.sampled_from([None, 2]))
def test_every_json_value_comes_back_equal(value: Any, escaped: bool, indent: int | None) -> None:
    api, _ = memory_api()
    text = json.dumps({"inputData": value}, ensure_ascii=escaped, indent=indent).encode()
    made = api("POST", "/api/v1/runs", raw=text)
    assert made.status == 201
    assert json.dumps(api("GET", f"/api/v1/runs/{made.body['id']}").body["inputData"]) == json.dumps(value)


_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "Idempotency-Key",
    "traceparent",
    "Accept",
)
_ANY_TEXT: Final = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    [
        "Bearer ",
        "application/json;",
        "application/json; charset",
        ";;=",
        "a/b/c",
        "identity",
        "*/*",
        "image/png",
        "00-",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"]),
    st.lists(st.text(max_size=12), max_size=5),
    st.dictionaries(st.sampled_from(_HEADERS), _ANY_TEXT, max_size=4),
)
def test_no_path_and_no_header_is_answered_with_a_5xx(
    method: str, segments: list[str], headers: dict[str, str]
) -> None:
    api, _ = memory_api()
    path = "/".join(["/api/v1/runs", *(quote(segment, safe="") for segment in segments)])
    answer = api(method, path, raw='{"inputData":1}', headers=headers)
    assert answer.status < 500
    assert (answer.body is None) == (method == "HEAD" or answer.status == 204)
