"""Run data across runs: every combination that `GET /api/v1/data` takes, and the order of its answers."""

import pytest

from foreman_engine.memory.clock import ManualClock
from tests.factories import Api
from tests.unit.api.data_flows import Params, RunData, refusal
from tests.unit.api.test_data_pages import fill

ENTRIES = [
    ("b", ["t"]),
    ("a", ["t", "t2", "u"]),
    ("a", ["t2", "t"]),
    ("ab", ["u", "t1"]),
    ("b", []),
    ("a", ["t,u"]),
]
"""Key and tags of entries 0 to 5, from the oldest to the newest, in two runs by turns."""


@pytest.fixture
def runs(api: Api, clock: ManualClock) -> list[RunData]:
    found = [RunData.of(api), RunData.of(api)]
    for number, (key, tags) in enumerate(ENTRIES):
        found[number % 2].add(key, number, tags=tags)
        clock.advance(1)
    return found


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"key": "a"}, [1, 2, 5]),
        ({"key": "b"}, [0, 4]),
        ({"key": "A"}, []),
        ({"keyStartsWith": "a"}, [1, 2, 5, 3]),
        ({"keyStartsWith": "ab"}, [3]),
        ({"tags": "t"}, [1, 2, 0]),
        ({"tags": ["t,u", "t,u"]}, [5]),
        ({"tags": "nobody's"}, []),
        ({"tagStartsWith": "t"}, [1, 2, 0, 5, 3]),
        ({"tagStartsWith": "t2"}, [1, 2]),
        ({"tags": "t", "keyStartsWith": "a"}, [1, 2]),
        ({"tags": "t", "keyStartsWith": "b"}, [0]),
        ({"tags": "u", "keyStartsWith": "ab"}, [3]),
        ({"tags": "t2", "keyStartsWith": "b"}, []),
    ],
)
def test_every_version_of_every_run_is_found_once_in_the_order_of_the_index(
    runs: list[RunData], params: dict[str, Params], found: list[int]
) -> None:
    for limit in (1, 2, 100):
        seen, cursor = [], None
        while True:
            more: dict[str, Params] = {} if cursor is None else {"cursor": cursor}
            page = runs[0].search(**params, **more, limit=limit)
            assert (page.status, len(page.body["data"]) <= limit) == (200, True)
            assert set(page.body["pagination"]) <= {"limit", "offset", "nextCursor"}
            seen += page.body["data"]
            cursor = page.body["pagination"].get("nextCursor")
            if cursor is None:
                break
        assert [row["value"] for row in seen] == found
        assert {row["runId"] for row in seen} <= {run.run_id for run in runs}


def test_an_entry_with_many_matching_tags_comes_once_also_on_pages_of_one(data: RunData) -> None:
    fill(data, 30, tags=tuple(f"t{n:02}" for n in range(50)))
    pages, cursor, seen = 0, "", []
    while pages < 200:
        answer = data.api("GET", f"/api/v1/data?tagStartsWith=t&limit=1{cursor}").body
        seen += [row["value"] for row in answer["data"]]
        pages += 1
        if "nextCursor" not in answer["pagination"]:
            break
        cursor = f"&cursor={answer['pagination']['nextCursor']}"
    assert seen == list(range(30))


def test_a_search_sees_changes_and_deletes(runs: list[RunData]) -> None:
    [entry] = runs[0].rows(key="a")[:1]
    runs[0].retag(entry["id"], add=["new"], remove=["t"])
    assert [row["value"] for row in runs[1].search(tags="new").body["data"]] == [2]
    assert [row["value"] for row in runs[1].search(tags="t").body["data"]] == [1, 0]
    runs[0].delete(key="a")
    assert runs[1].search(tags="new").body["data"] == []
    assert [row["value"] for row in runs[1].search(key="a").body["data"]] == [1, 5]


def test_another_organization_finds_nothing(api: Api, runs: list[RunData]) -> None:
    stranger = RunData.of(api.another("globex"))
    own = stranger.add("a", "mine", tags=["t"])
    searches: list[dict[str, Params]] = [
        {"key": "a"},
        {"keyStartsWith": "a"},
        {"tags": "t"},
        {"tagStartsWith": "t"},
        {"tags": "t", "keyStartsWith": "a"},
    ]
    for params in searches:
        assert stranger.search(**params).body["data"] == [own]
        assert "mine" not in [row["value"] for row in runs[0].search(**params).body["data"]]


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "key"),
        ({"cursor": "x"}, "key"),
        ({"key": "a", "keyStartsWith": "a"}, "key"),
        ({"key": "a", "tagStartsWith": "a"}, "key"),
        ({"tags": "a", "tagStartsWith": "a"}, "tags"),
        ({"tags": "a", "keyStartsWith": "a", "key": "a"}, "key"),
        ({"tags": "a", "keyStartsWith": "a", "tagStartsWith": "a"}, "keyStartsWith"),
        ({"tagStartsWith": "a,b"}, "tagStartsWith"),
        ({"keyStartsWith": ["a", "b"]}, "keyStartsWith"),
        ({"key": ["a", "a"]}, "key"),
        ({"keyPattern": "a*"}, "keyPattern"),
        ({"tags": "a", "tagMode": "any"}, "tagMode"),
        ({"key": "a", "includeAll": "true"}, "includeAll"),
        ({"key": "a", "sortOrder": "asc"}, "sortOrder"),
        ({"key": "a", "limit": "1001"}, "limit"),
    ],
)
def test_any_other_combination_is_refused(data: RunData, params: dict[str, Params], named: str) -> None:
    assert refusal(data.search(**params)) == (400, "invalid_request", [named])
