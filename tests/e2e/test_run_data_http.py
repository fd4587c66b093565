"""Run data over real HTTP: what clients of any language put into a URL arrives as it was meant."""

from urllib.parse import quote

import pytest

from tests.e2e.processes import Stack

TEXTS = [
    "a,b",
    "a b",
    "a+b",
    "50%",
    "a%2Cb",
    "x/y",
    "../x",
    "?&=#;",
    "[a]",
    "\\",
    "\"'",
    "ключ",
    "é",
    "e\u0301",
    "😀",
]
"""Keys, each of which is also the only tag of its entry."""


@pytest.fixture(scope="module")
def url(stack: Stack) -> str:
    _, run = stack.call("POST", "/api/v1/runs", {"inputData": None})
    _, task = stack.call("POST", "/api/v1/tasks", {"runId": run["id"], "type": "t", "inputData": None})
    path = f"/api/v1/runs/{run['id']}/data"
    for text in TEXTS:
        body = {"taskId": task["id"], "key": text, "value": text, "tags": [text]}
        assert stack.call("POST", path, body)[0] == 201
    return path


def found(stack: Stack, url: str) -> list[str]:
    status, page = stack.call("GET", url)
    assert status == 200, page
    return [row["value"] for row in page["data"]]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_found_by_its_percent_encoded_form(stack: Stack, url: str, text: str) -> None:
    encoded = quote(text, safe="")
    for name in ("key", "keyPattern"):
        assert found(stack, f"{url}?{name}={encoded}") == [text]
    for name in ("keys", "keyStartsWith", "tags", "tagStartsWith"):
        assert found(stack, f"{url}?{name}={encoded}&{name}={encoded}") == [text]
    assert found(stack, f"/api/v1/data?key={encoded}") == [text]
    assert found(stack, f"/api/v1/data?tags={encoded}&tags={encoded}") == [text]


def test_commas_part_a_list_whether_encoded_or_not(stack: Stack, url: str) -> None:
    assert found(stack, f"{url}?keys=50%25,x/y&sortBy=key") == ["x/y", "50%"]
    assert found(stack, f"{url}?keys=50%25%2Cx%2Fy&sortBy=key") == ["x/y", "50%"]
    assert found(stack, f"{url}?tags=a%2Cb&tags=a+b&sortBy=key") == ["a,b", "a b"]
    assert found(stack, f"{url}?tags=a,b") == []
    assert found(stack, f"{url}?keyPattern=*%2C*") == ["a,b"]


@pytest.mark.parametrize("name", ["key", "tags", "keyStartsWith", "keyPattern", "cursor", "limit", "sortBy"])
@pytest.mark.parametrize("raw", ["%00", "%0A", "%", "%zz", "%FF", "%ED%A0%80", "%C3"])
def test_what_is_no_text_is_a_4xx_or_finds_nothing(stack: Stack, url: str, name: str, raw: str) -> None:
    status, answer = stack.call("GET", f"{url}?{name}={raw}")
    assert (status, answer.get("data")) == (200, []) or status == 400


def test_an_entry_is_retagged_and_deleted(stack: Stack, url: str) -> None:
    [row] = stack.call("GET", f"{url}?key=%F0%9F%98%80")[1]["data"]
    status, after = stack.call("PATCH", f"{url}/{row['id']}/tags", {"add": ["ü,%"], "remove": ["😀"]})
    assert (status, after["tags"]) == (200, ["ü,%"])
    assert found(stack, f"{url}?tagStartsWith=%C3%BC%2C&tagStartsWith=none") == ["😀"]
    assert stack.call("DELETE", f"{url}?key={quote('😀')}") == (200, {"deleted": 1})
    assert stack.call("DELETE", f"{url}?id={row['id']}")[0] == 404
