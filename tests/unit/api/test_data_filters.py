"""Which entries a query of run data finds: contract section 7, filter by filter."""

from typing import Any

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import MISSING_ID, Api
from tests.unit.api.data_flows import Params, RunData, refusal

SHOP = [
    ("order-1", ["new", "eu"]),
    ("order-2", ["paid", "eu"]),
    ("order-1", ["paid", "us"]),
    ("invoice-1", ["new"]),
    ("invoice-2", []),
    ("note", ["newish", "eu"]),
]
"""Key and tags of entries 0 to 5, from the oldest to the newest; 2 is a newer version of 0."""

LITERAL = [
    *("a,b", ",", "a+b", "a b", "a%20b", "a%2Cb", "%", "a/b", "/", "../a", "a\\b", "\\", "a&b=c", "a;b#c"),
    *("[ab]", "[!ab]", "[", "]", "a!b", "!", "^", "$", "(a|b)", "{1,2}", ".", ".+", "\"a'", "A", "a"),
    *("ключ", "é", "e\u0301", "😀", "😀😀", "\ud7ff", "\ue000", "\U0010ffff", "\u00a0", "\u2028", " a", "a "),
]
"""Keys whose characters mean something somewhere, but not here."""
WILD = ["a*b", "*", "?", "a?b"]
LONGEST = ["k" * 255, "é" * 240, "😀" * 120, "k" * 30 + "€" * 150]
TOO_LONG = ["k" * 256, "é" * 240 + "k", "😀" * 121]
BROKEN = ["", "a\nb", "\x00", "\x7f", "\x85", *TOO_LONG]
LISTS = ["keys", "keyStartsWith", "tags", "tagStartsWith"]


@pytest.fixture
def shop(data: RunData, clock: ManualClock) -> RunData:
    for number, (key, tags) in enumerate(SHOP):
        data.add(key, number, tags=tags)
        clock.advance(1)
    return data


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"includeAll": "true"}, [0, 1, 2, 3, 4, 5]),
        ({"includeAll": "false"}, [1, 2, 3, 4, 5]),
        ({"key": "order-1"}, [2]),
        ({"key": "order"}, []),
        ({"key": "order-1", "includeAll": "true"}, [0, 2]),
        ({"keys": "order-1,note"}, [2, 5]),
        ({"keys": "order-1,order-1"}, [2]),
        ({"keys": ["order-1", "note"]}, [2, 5]),
        ({"keyStartsWith": "order-"}, [1, 2]),
        ({"keyStartsWith": "order-,inv"}, [1, 2, 3, 4]),
        ({"keyStartsWith": "order-,order-1,o"}, [1, 2]),
        ({"keyPattern": "*-1"}, [2, 3]),
        ({"keyPattern": "order-?"}, [1, 2]),
        ({"keyPattern": "?????-?"}, [1, 2]),
        ({"keyPattern": "*"}, [1, 2, 3, 4, 5]),
        ({"keyPattern": "order-1"}, [2]),
        ({"keyPattern": "Order-?"}, []),
        ({"key": "note", "keyStartsWith": "inv"}, [3, 4, 5]),
        ({"key": "note", "keys": "invoice-1", "keyPattern": "*-2"}, [1, 3, 4, 5]),
        ({"key": "note", "keys": "x", "keyStartsWith": "order", "keyPattern": "*e-2"}, [1, 2, 4, 5]),
        ({"tags": "new"}, [0, 3]),
        ({"tags": "new,new", "tagMode": "all"}, [0, 3]),
        ({"tags": "ne"}, []),
        ({"tags": "paid,new"}, [1, 2, 3]),
        ({"tags": "paid,new", "tagMode": "any"}, [1, 2, 3]),
        ({"tags": "paid,eu", "tagMode": "all"}, [1]),
        ({"tags": "new,paid", "tagMode": "all"}, []),
        ({"tagStartsWith": "new"}, [0, 3, 5]),
        ({"tagStartsWith": "newi,pa"}, [1, 2, 5]),
        ({"tagStartsWith": "new,e", "tagMode": "all"}, [0, 5]),
        ({"tags": "eu", "tagStartsWith": "new"}, [0, 5]),
        ({"tags": "eu,us", "tagStartsWith": "p,x"}, [1, 2]),
        ({"tags": "eu,us", "tagStartsWith": "p", "tagMode": "all"}, []),
        ({"tags": "eu,paid", "tagStartsWith": "p,e", "tagMode": "all"}, [1]),
        ({"tags": "eu", "includeAll": "true"}, [0, 1, 5]),
        ({"key": "order-1", "tags": "new"}, [0]),
        ({"key": "order-1", "tags": "none"}, []),
        ({"keyStartsWith": "order-", "tags": "eu"}, [0, 1]),
        ({"keyStartsWith": "order-", "tagStartsWith": "p", "includeAll": "true"}, [1, 2]),
        ({"keyPattern": "*-1", "tagStartsWith": "new", "tags": "eu"}, [0]),
        ({"key": "note", "keyPattern": "i*", "tags": "new,newish"}, [3, 5]),
        ({"tagMode": "all"}, [1, 2, 3, 4, 5]),
    ],
)
def test_filters_combine_as_the_contract_says(
    shop: RunData, params: dict[str, Params], found: list[int]
) -> None:
    assert shop.values(**params) == found
    assert shop.page(**params)["pagination"]["total"] == len(found)
    by_key = sorted(found, key=lambda number: (SHOP[number][0], number))
    assert shop.values(**params, sortBy="key") == by_key
    assert shop.values(**params, sortBy="updated_at", sortOrder="desc") == found[::-1]


def test_a_tag_change_may_uncover_an_older_version_or_cover_it(data: RunData) -> None:
    older, newer = data.add("k", "older", tags=["t"]), data.add("k", "newer", tags=["t"])
    assert data.values(tags="t") == ["newer"]
    data.retag(newer["id"], remove=["t"])
    assert (data.values(tags="t"), data.values(key="k")) == (["older"], ["newer"])
    data.retag(older["id"], remove=["t"])
    assert data.values(tags="t") == []
    data.retag(newer["id"], add=["t"])
    assert data.values(tags="t") == ["newer"]


@pytest.fixture
def literal(data: RunData) -> RunData:
    for key in (*LITERAL, *WILD):
        data.add(key, key, tags=[key])
    return data


@pytest.mark.parametrize("text", [*LITERAL, *WILD])
def test_every_character_is_literal_but_for_the_two_of_globs(literal: RunData, text: str) -> None:
    everything = [*LITERAL, *WILD]
    beginning = [each for each in everything if each.startswith(text)]
    assert literal.values(key=text) == [text]
    for name in ("keys", "tags"):
        assert literal.values(**{name: [text, text]}) == [text]
    for name in ("keyStartsWith", "tagStartsWith"):
        assert literal.values(**{name: [text, text]}) == beginning
    if text in LITERAL:
        assert literal.values(keyPattern=text) == [text]
        assert literal.values(keyPattern=f"{text}*") == beginning
        assert literal.values(keyPattern=f"*{text}") == [each for each in everything if each.endswith(text)]
    assert [row["value"] for row in literal.search(tags=[text, text]).body["data"]] == [text]


def test_question_marks_stand_for_one_character_of_any_plane(literal: RunData) -> None:
    singles = [each for each in (*LITERAL, *WILD) if len(each) == 1]
    assert literal.values(keyPattern="?") == singles
    assert literal.values(keyPattern="😀?") == ["😀😀"]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_given_once_is_split_at_commas_and_given_twice_is_not(data: RunData, name: str) -> None:
    for key in ("a", "b", "a,b", "c"):
        data.add(key, key, tags=[key])
    exact = not name.endswith("StartsWith")
    assert data.values(**{name: "b,c"}) == ["b", "c"]
    assert data.values(**{name: "a,b"}) == (["a", "b"] if exact else ["a", "b", "a,b"])
    assert data.values(**{name: ["a,b", "a,b"]}) == ["a,b"]
    assert data.values(**{name: ["a,b", "c"]}) == ["a,b", "c"]


@pytest.mark.parametrize("text", LONGEST)
def test_keys_and_tags_of_full_length_are_stored_and_found(data: RunData, text: str) -> None:
    entry = data.add(text, 1, tags=[text])
    params: list[dict[str, Params]] = [{"key": text}, {"keyPattern": text}, {"keyPattern": f"{text[:-1]}?"}]
    params += [{name: [text, text]} for name in LISTS]
    for each in params:
        for sort in ("created_at", "key"):
            assert data.rows(**each, sortBy=sort) == [entry]
    for found in ({"key": text}, {"tagStartsWith": text}, {"tags": text, "keyStartsWith": text}):
        assert data.search(**found).body["data"] == [entry]
    assert data.retag(entry["id"], remove=[text]).body["tags"] == []
    assert data.retag(entry["id"], add=[text]).body["tags"] == [text]
    assert data.delete(key=text).body == {"deleted": 1}


@pytest.mark.parametrize("text", BROKEN)
def test_keys_and_tags_that_are_none_are_refused_everywhere(data: RunData, text: str) -> None:
    entry = data.add("k", 1)
    for name in ("key", *LISTS, *(["keyPattern"] if text not in TOO_LONG else [])):
        assert refusal(data.get(**{name: text})) == (400, "invalid_request", [name])
    for name in LISTS:
        assert refusal(data.get(**{name: ["good", text]})) == (400, "invalid_request", [name])
    for name in ("key", "keyStartsWith", "tags", "tagStartsWith"):
        assert refusal(data.search(**{name: text})) == (400, "invalid_request", [name])
    assert refusal(data.post(text)) == (400, "invalid_request", ["key"])
    assert refusal(data.post("k", tags=["good", text])) == (400, "invalid_request", ["tags[1]"])
    assert refusal(data.retag(entry["id"], add=[text])) == (400, "invalid_request", ["add[0]"])
    assert refusal(data.retag(entry["id"], remove=[text])) == (400, "invalid_request", ["remove[0]"])
    assert refusal(data.delete(key=text)) == (400, "invalid_request", ["key"])


@pytest.mark.parametrize(
    "glob", ["*" * 512, "?" * 300, "a" * 512, "é" * 300 + "*", "*a" * 256, "a" * 300 + "*"]
)
def test_an_odd_glob_finds_nothing_in_no_time(data: RunData, glob: str) -> None:
    data.add("a" * 254 + "b", 1)
    assert data.values(keyPattern=glob) == ([1] if set(glob) == {"*"} else [])


def test_many_values_are_taken_and_too_many_refused(data: RunData) -> None:
    data.add("7", 1, tags=["7"])
    for name in LISTS:
        assert data.values(**{name: ",".join(map(str, range(200)))}) == [1]
        assert data.get(**{name: ",".join(map(str, range(201)))}).status == 400


def test_an_unknown_run_has_no_data_to_query(api: Api, data: RunData) -> None:
    stranger = RunData(api.another("globex"), data.run_id, data.task_id)
    unknown = RunData(api, MISSING_ID, data.task_id)
    queries: list[dict[str, Any]] = [{}, {"key": "k"}, {"tags": "t"}, {"keyPattern": "*", "sortBy": "key"}]
    for params in queries:
        assert (stranger.get(**params).status, unknown.get(**params).status) == (404, 404)
