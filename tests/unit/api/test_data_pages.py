"""Pages of run data: orders, offsets, cursors, totals, and what is too much for one answer."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from foreman_contract import limits
from foreman_engine.domain.errors import InvalidCursorError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service import cursors
from foreman_engine.service.cursors import Mark
from tests.factories import MISSING_ID, Api
from tests.unit.api.data_flows import Params, RunData, opened, refusal, sealed, values_of

BIG = "x" * 60_000
"""Not left out of a list, and 70 of them are more than an answer holds."""
SORTS = ("created_at", "updated_at", "key")


def fill(data: RunData, count: int, **fields: Any) -> list[EntryState]:
    """Entries past the API, so that ten thousand take no time."""
    ports, now = data.api.ports, data.api.ports.clock.now_ms()
    entry = EntryState("", data.run_id, data.api.org_id, data.task_id, "", Payload("0"), (), now, now)
    made = []
    for n in range(count):
        each: dict[str, Any] = {"key": f"k{n:05}", "value": Payload(str(n)), **fields}
        made.append(replace(entry, id=ports.ids.entry_id(now), **each))
    state = ports.run_data._state  # type: ignore[attr-defined]
    state.entries.update({(each.org_id, each.id): each for each in made})
    return made


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_rows_come_in_the_asked_order_and_ties_by_id(
    data: RunData, clock: ManualClock, sort: str, order: str
) -> None:
    made = []
    for number, key in enumerate(["b", "a", "a", "é", "B", "a!", "a"]):
        made.append(data.add(key, number, tags=["t"]))
        clock.advance(number % 2)
    for each in (2, 0):
        clock.advance(5)
        made[each] = data.retag(made[each]["id"], add=["changed"]).body
    by: dict[str, Any] = {
        "created_at": lambda row: (row["createdAt"], row["id"]),
        "updated_at": lambda row: (row["updatedAt"], row["id"]),
        "key": lambda row: (row["key"], row["id"]),
    }
    wanted = sorted(made, key=by[sort], reverse=order == "desc")
    filters: list[dict[str, Params]] = [{}, {"tags": "t"}, {"keyPattern": "*"}, {"keyStartsWith": "a,b,B,é"}]
    for each_filter in filters:
        params = {**each_filter, "includeAll": "true", "sortBy": sort, "sortOrder": order}
        assert data.rows(**params) == wanted
        for limit in (1, 3, 7):
            assert [row for page in data.walk(**params, limit=limit) for row in page["data"]] == wanted


@pytest.mark.parametrize("total", ["true", "false"])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_newest_of_each_key_comes_once_in_every_order(
    data: RunData, sort: str, order: str, total: str
) -> None:
    made = {key: data.add(key, number, tags=["t"]) for number, key in enumerate("abcabcb")}
    wanted = sorted(made.values(), key=lambda row: row["key" if sort == "key" else "id"])
    wanted = wanted if order == "asc" else wanted[::-1]
    filters: list[dict[str, Params]] = [{}, {"tags": "t"}, {"tagStartsWith": "t"}, {"keyPattern": "?"}]
    for each in filters:
        for limit in (1, 2, 500):
            pages = data.walk(**each, sortBy=sort, sortOrder=order, total=total, limit=limit)
            assert [row for page in pages for row in page["data"]] == wanted


def test_a_page_tells_its_limit_and_offset(data: RunData) -> None:
    fill(data, 7)
    assert data.page()["pagination"] == {"limit": 100, "offset": 0, "total": 7}
    page = data.page(limit=2, offset=4)["pagination"]
    assert {name: page[name] for name in ("limit", "offset", "total")} == {
        "limit": 2,
        "offset": 4,
        "total": 7,
    }
    beyond = data.page(offset=10_000)
    assert (beyond["data"], beyond["pagination"]) == ([], {"limit": 100, "offset": 10_000, "total": 7})
    after = data.page(limit=2, cursor=page["nextCursor"])
    assert (after["pagination"]["offset"], len(after["data"])) == (0, 1)


@pytest.mark.parametrize("sort", SORTS)
def test_the_first_pages_total_is_repeated_and_only_given_when_asked_for(data: RunData, sort: str) -> None:
    fill(data, 5)
    pages = data.walk(limit=2, sortBy=sort)
    assert [page["pagination"].get("total") for page in pages] == [5, 5, 5]
    pages = data.walk(limit=2, sortBy=sort, total="false")
    assert [page["pagination"].get("total") for page in pages] == [None, None, None]
    first = data.page(limit=2, sortBy=sort)
    data.add("later")
    second = data.page(limit=2, sortBy=sort, cursor=first["pagination"]["nextCursor"])
    assert second["pagination"]["total"] == 5


def test_a_walk_sees_what_was_there_while_others_write_and_delete(data: RunData, clock: ManualClock) -> None:
    fill(data, 9)
    for sort in SORTS:
        first = data.page(limit=3, sortBy=sort)
        clock.advance(1)
        data.add("a-new-one", "new")
        assert data.delete(id=first["data"][-1]["id"]).status == 200
        seen, cursor = first["data"], first["pagination"]["nextCursor"]
        while cursor is not None:
            page = data.page(limit=3, sortBy=sort, cursor=cursor)
            seen += page["data"]
            cursor = page["pagination"].get("nextCursor")
        old = [row["key"] for row in seen if row["value"] != "new"]
        assert len(old) == len(set(old))
        assert set(old) >= {row["key"] for row in data.rows() if row["value"] != "new"}


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


def test_ten_thousand_matches_are_sorted_by_time_and_one_more_is_too_broad(data: RunData) -> None:
    fill(data, 10_000, tags=("t",))
    queries: list[dict[str, Params]] = [{"keyStartsWith": "k"}, {"tags": "t", "sortBy": "updated_at"}]
    for query in queries:
        page = data.page(**query, limit=2)
        assert values_of([page]) == [9999, 9998]
        assert page["pagination"]["total"] == 10_000
        assert "totalIsLowerBound" not in page["pagination"]
    data.add("k", 10_000, tags=["t"])
    for query in queries:
        answer = data.get(**query, limit=2)
        assert (answer.status, answer.body["code"]) == (400, "query_too_broad")
        page = data.page(**{**query, "sortBy": "key", "limit": 2})
        assert values_of([page]) == [9999, 9998]
        assert page["pagination"]["total"] == 10_000
        assert page["pagination"]["totalIsLowerBound"] is True
        end = data.page(**{**query, "sortBy": "key", "limit": 1000, "offset": 9500})
        assert len(end["data"]) == 501
        assert end["pagination"]["totalIsLowerBound"] is True
    assert values_of([data.page(limit=2)]) == [10_000, 9999]


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_over_4_mb_ends_early_and_nothing_is_lost(data: RunData, sort: str) -> None:
    fill(data, 150, value=Payload(f'"{BIG}"'))
    for query in ({}, {"keyStartsWith": "k"}, {"key": "k00000", "keyPattern": "k*", "includeAll": "true"}):
        pages = data.walk(**query, sortBy=sort, limit=1000)
        assert [len(page["data"]) for page in pages] == [69, 69, 12]
        assert len({row["id"] for page in pages for row in page["data"]}) == 150
        assert {page["pagination"]["total"] for page in pages} == {150}


def test_a_search_over_4_mb_ends_early_and_nothing_is_lost(data: RunData) -> None:
    fill(data, 80, tags=("t", "t2"), value=Payload(f'"{BIG}"'))
    for query in ("keyStartsWith=k", "tagStartsWith=t"):
        first = data.api("GET", f"/api/v1/data?{query}&limit=1000").body
        cursor = first["pagination"]["nextCursor"]
        second = data.api("GET", f"/api/v1/data?{query}&limit=1000&cursor={cursor}").body
        assert [len(page["data"]) for page in (first, second)] == [69, 11]
        assert [row["key"] for page in (first, second) for row in page["data"]] == [
            f"k{n:05}" for n in range(80)
        ]
        assert "nextCursor" not in second["pagination"]


def test_a_list_leaves_out_values_over_64_kb_and_says_so(data: RunData) -> None:
    fits, over = "x" * (limits.MAX_LISTED_PAYLOAD_BYTES - 4), "x" * limits.MAX_LISTED_PAYLOAD_BYTES
    assert (data.add("fits", fits)["value"], data.add("over", over)["value"]) == (fits, over)
    shown = {row["key"]: row for row in data.rows()}
    assert (shown["fits"]["value"], "valueOmitted" in shown["fits"]) == (fits, False)
    assert ("value" in shown["over"], shown["over"]["valueOmitted"]) == (False, True)
    [found] = data.search(key="over").body["data"]
    assert found["valueOmitted"] is True
    assert data.retag(shown["over"]["id"], add=["t"]).body["value"] == over


def test_whoever_asks_for_one_key_gets_whole_values_of_any_size(data: RunData) -> None:
    values = [str(n) * (limits.MAX_PAYLOAD_BYTES - 4) for n in range(5)]
    for value in values:
        data.add("k", value)
    assert [row["value"] for row in data.rows(key="k")] == values[-1:]
    pages = data.walk(key="k", includeAll="true", sortOrder="asc", limit=1000)
    assert [row["value"] for page in pages for row in page["data"]] == values
    assert [len(page["data"]) for page in pages] == [3, 2]
