"""Cursors of run data that belong elsewhere, are broken or forged: refused, or a place to go on from."""

from collections.abc import Iterator
from typing import Any

import pytest

from foreman_engine.domain.errors import InvalidCursorError
from foreman_engine.service import cursors
from foreman_engine.service.cursors import Mark
from tests.factories import MISSING_ID, Api
from tests.unit.api.data_flows import Params, RunData, opened, refusal, sealed


def cursor_of(data: RunData, **params: Params) -> str:
    return str(data.page(limit=1, **params)["pagination"]["nextCursor"])


def test_a_cursor_of_another_query_is_refused(api: Api, data: RunData) -> None:
    twin = RunData.of(api)
    foreign = RunData.of(api.another("globex"))
    for each in (data, twin, foreign):
        for key in ("a1", "a2"):
            each.add(key, 1, tags=["s", "t"])
    queries: list[dict[str, Params]] = [
        {},
        {"sortBy": "updated_at"},
        {"sortBy": "key"},
        {"sortOrder": "asc"},
        {"includeAll": "true"},
        {"keyStartsWith": "a"},
        {"keyPattern": "a*"},
        {"keys": "a1,a2"},
        {"tags": "s"},
        {"tags": "t"},
        {"tagStartsWith": "t"},
        {"tags": "s,t", "tagMode": "all"},
        {"tags": "s", "sortBy": "key"},
    ]
    for query in queries:
        cursor = cursor_of(data, **query)
        assert len(data.rows(**query, cursor=cursor)) == 1
        assert len(data.rows(**query, cursor=cursor, limit=7)) == 1
        for other in queries:
            if other is not query:
                assert refusal(data.get(**other, cursor=cursor)) == (400, "invalid_cursor", ["cursor"])
    for each in (twin, foreign):
        assert refusal(each.get(cursor=cursor_of(data))) == (400, "invalid_cursor", ["cursor"])
    found = data.search(keyStartsWith="a", limit=1).body["pagination"]["nextCursor"]
    assert refusal(data.search(tags="s", cursor=found)) == (400, "invalid_cursor", ["cursor"])
    assert refusal(foreign.search(keyStartsWith="a", cursor=found)) == (400, "invalid_cursor", ["cursor"])


def forged(parts: list[Any]) -> Iterator[list[Any]]:
    """The inside of a cursor, broken in every place."""
    odd: list[Any] = [
        None,
        True,
        -1,
        1.5,
        10**15,
        10**30,
        "",
        "x",
        "\x1f",
        "\ud800",
        "😀" * 122,
        [],
        {},
        [[]],
        "g",
        MISSING_ID,
    ]
    for at in range(1, len(parts)):
        for value in odd:
            yield [*parts[:at], value, *parts[at + 1 :]]
    yield from (
        [],
        parts[:1],
        parts[:3],
        [*parts, "more"],
        [*parts[:3], [1, 2]],
        [*parts[:3], [10**30, True]],
    )


@pytest.mark.parametrize(
    "query", [{}, {"sortBy": "key"}, {"tags": "t"}, {"tags": "t", "sortBy": "key", "sortOrder": "asc"}]
)
def test_a_forged_cursor_is_a_place_or_a_400(data: RunData, query: dict[str, Params]) -> None:
    for number in range(40):
        data.add(f"k{number % 3}", number, tags=["t"])
    query = {**query, "includeAll": "true"}
    parts = opened(cursor_of(data, **query))
    for each in forged(parts):
        answer = data.get(**query, cursor=sealed(each))
        assert answer.status == 200 or refusal(answer) == (400, "invalid_cursor", ["cursor"]), each


@pytest.mark.parametrize(
    "search", [{"keyStartsWith": "k"}, {"tags": "t"}, {"key": "k1"}, {"tagStartsWith": "t"}]
)
def test_a_forged_cursor_of_a_search_cannot_leave_what_is_searched(
    data: RunData, search: dict[str, Params]
) -> None:
    for key in ("a", "k1", "k1", "k1", "z"):
        data.add(key, key, tags=["t" if key != "z" else "z", "t2"] if key != "a" else ["a"])
    whole = data.search(**search).body["data"]
    parts = opened(data.search(**search, limit=1).body["pagination"]["nextCursor"])
    places = [[*parts[:4], *[text] * len(parts[4:])] for text in ("a", "z", "\x01", "\U0010ffff")]
    for each in (*forged(parts), *places):
        answer = data.search(**search, cursor=sealed(each))
        if answer.status == 200:
            assert [row for row in answer.body["data"] if row not in whole] == [], each
        else:
            assert refusal(answer) == (400, "invalid_cursor", ["cursor"])


@pytest.mark.parametrize(
    "cursor", ["", "=", "a", "é", "W10", "\x00", "A" * 5001, "bnVsbA", "MQ", "IiI", "+/+/", "[]"]
)
def test_a_broken_cursor_is_400(data: RunData, cursor: str) -> None:
    assert refusal(data.get(cursor=cursor)) == (400, "invalid_cursor", ["cursor"])
    assert refusal(data.search(key="k", cursor=cursor)) == (400, "invalid_cursor", ["cursor"])


@pytest.mark.parametrize("text", ["\x1f", "a\x00b", "\x01"])
def test_a_place_among_links_has_no_character_that_sorts_before_their_separator(text: str) -> None:
    sound, broken = (cursors.encode("s", Mark(0, "", texts=(each,))) for each in ("a\x7f", text))
    assert cursors.decode("s", sound, texts=1).texts == ("a\x7f",)
    with pytest.raises(InvalidCursorError):
        cursors.decode("s", broken, texts=1)
