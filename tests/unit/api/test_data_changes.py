"""Changing tags and deleting: contract section 7, and what a repeated creation answers afterwards."""

from typing import Any

import pytest

from foreman_contract import limits
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service import data_deletes
from tests.factories import MISSING_ID, MISSING_TASK_ID, Api
from tests.unit.api.data_flows import RunData, refusal
from tests.unit.api.test_data_pages import fill

FIFTY = [f"t{number}" for number in range(50)]


@pytest.mark.parametrize(
    ("before", "add", "remove", "after"),
    [
        (["a", "b"], ["c"], [], ["a", "b", "c"]),
        (["a", "b"], ["c", "c", "d", "c"], [], ["a", "b", "c", "d"]),
        (["a", "b"], ["b", "a"], [], ["a", "b"]),
        (["a", "b", "c"], [], ["b", "b", "x"], ["a", "c"]),
        (["a", "b", "c"], ["a"], ["a"], ["b", "c", "a"]),
        (["a", "b"], ["z", "a", "y"], ["a", "b"], ["z", "a", "y"]),
        (["a"], [], ["a"], []),
        ([], ["b", "a"], ["a"], ["b", "a"]),
        (FIFTY, ["new"], ["t0"], [*FIFTY[1:], "new"]),
        (FIFTY, [f"n{n}" for n in range(45)], FIFTY[:45], [*FIFTY[45:], *(f"n{n}" for n in range(45))]),
        (FIFTY, FIFTY[::-1], [], FIFTY),
    ],
)
def test_tags_are_removed_first_and_then_added_in_order(
    data: RunData, clock: ManualClock, before: list[str], add: list[str], remove: list[str], after: list[str]
) -> None:
    entry = data.add("k", {"v": 1}, tags=before, metadata={"m": 1})
    clock.advance(7)
    changed = data.retag(entry["id"], add=add, remove=remove)
    updated_at = entry["updatedAt"] + (7 if after != before else 0)
    assert (changed.status, changed.body) == (200, {**entry, "tags": after, "updatedAt": updated_at})
    assert data.rows(key="k") == [changed.body]
    for tag in {*before, *add, *remove}:
        assert data.rows(tags=tag) == ([changed.body] if tag in after else [])
    assert data.retag(entry["id"], add=add).status == 200


def test_one_of_the_two_is_enough_and_may_be_empty(data: RunData, clock: ManualClock) -> None:
    entry = data.add("k", 1, tags=["a"])
    clock.advance(1)
    bodies: list[dict[str, list[str]]] = [{"add": []}, {"remove": []}, {"add": [], "remove": []}]
    for body in (*bodies, {"add": ["a"]}, {"remove": ["x"]}):
        assert data.retag(entry["id"], **body).body == entry
    assert data.retag(entry["id"], add=["b"]).body["tags"] == ["a", "b"]
    assert data.retag(entry["id"], remove=["a"]).body["tags"] == ["b"]
    assert refusal(data.retag(entry["id"]))[:2] == (400, "invalid_request")


def test_more_than_50_tags_are_refused_and_nothing_changes(data: RunData) -> None:
    entry = data.add("k", 1, tags=FIFTY)
    assert refusal(data.retag(entry["id"], add=["new"])) == (400, "invalid_request", ["add"])
    assert refusal(data.retag(entry["id"], add=["a", "b"], remove=["t0"])) == (
        400,
        "invalid_request",
        ["add"],
    )
    assert data.rows(key="k") == [entry]
    assert refusal(data.post("k", 1, tags=[*FIFTY, "new"])) == (400, "invalid_request", ["tags"])
    assert data.add("k", 1, tags=[*FIFTY, *FIFTY])["tags"] == FIFTY
    changes = [f"n{number}" for number in range(91)]
    assert data.retag(entry["id"], remove=changes[:90]).status == 200
    assert data.retag(entry["id"], remove=changes).status == 400
    assert data.retag(entry["id"], add=changes[:41], remove=changes[41:]).status == 400


def test_only_entries_of_the_run_and_the_organization_are_changed_or_deleted(api: Api, data: RunData) -> None:
    entry = data.add("k", 1, tags=["a"])
    neighbour = RunData.of(api)
    strangers = [
        (data, MISSING_ID),
        (data, MISSING_TASK_ID),
        (neighbour, entry["id"]),
        (RunData(api, MISSING_ID, data.task_id), entry["id"]),
        (RunData(api.another("globex"), data.run_id, data.task_id), entry["id"]),
    ]
    for run, entry_id in strangers:
        for answer in (run.retag(entry_id, add=["x"]), run.delete(id=entry_id)):
            assert (answer.status, answer.body["code"]) == (404, "not_found")
    for run in (strangers[2][0], strangers[3][0], strangers[4][0]):
        assert run.delete(key="k").status == 404
    assert data.rows(key="k") == [entry]
    upper = data.retag(entry["id"].upper(), add=["b"])
    assert (upper.status, upper.body["id"]) == (200, entry["id"])


def test_a_delete_by_id_uncovers_the_older_version(data: RunData) -> None:
    oldest, older, newest = (data.add("k", number, tags=["t"]) for number in range(3))
    data.add("k2", "other")
    assert data.delete(id=newest["id"]).body == {"deleted": 1}
    assert (data.rows(key="k"), data.rows(tags="t")) == ([older], [older])
    assert data.delete(id=oldest["id"]).body == {"deleted": 1}
    assert data.rows(key="k", includeAll="true") == [older]
    for gone in (oldest, newest):
        assert data.delete(id=gone["id"]).status == 404
        assert data.retag(gone["id"], add=["x"]).status == 404
    assert data.delete(id=older["id"].upper()).body == {"deleted": 1}
    assert data.rows() == data.rows(key="k2")
    assert data.search(tags="t").body["data"] == []


@pytest.mark.parametrize("key", ["k", "a,b", "*", "k%", "ü/😀"])
def test_a_delete_by_key_takes_every_version_and_nothing_else(data: RunData, key: str) -> None:
    for each in (key, f"{key} ", f"{key}!", key[:-1] or "x", key):
        data.add(each, each, tags=["t"])
    assert data.delete(key=key).body == {"deleted": 2}
    assert {row["key"] for row in data.rows()} == {f"{key} ", f"{key}!", key[:-1] or "x"}
    assert len(data.rows(tags="t", includeAll="true")) == 3
    assert data.delete(key=key).status == 404


def test_a_delete_of_more_than_1000_versions_goes_on_the_oldest_first(data: RunData) -> None:
    fill(data, 2100, key="k", tags=("t",))
    assert data.delete(key="k").body == {"deleted": 1000, "more": True}
    assert data.values(key="k", includeAll="true", limit=1) == [1000]
    assert data.values(key="k") == [2099]
    assert data.delete(key="k").body == {"deleted": 1000, "more": True}
    assert data.delete(key="k").body == {"deleted": 100}
    assert data.delete(key="k").status == 404
    assert data.rows(tags="t") == []


def test_exactly_1000_versions_are_deleted_at_once(data: RunData) -> None:
    fill(data, 1000, key="k")
    assert data.delete(key="k").body == {"deleted": 1000}


def test_a_delete_of_many_tags_ends_early_and_says_so(data: RunData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_deletes, "_MAX_ITEMS", 1000)
    fill(data, 150, key="k", tags=tuple(FIFTY))
    first = data.delete(key="k").body
    assert first["more"] is True
    second = data.delete(key="k").body
    assert first["deleted"] + second["deleted"] == 150
    assert data.rows(tagStartsWith="t") == []


def test_a_large_value_is_gone_with_its_entry(data: RunData) -> None:
    entry = data.add("k", "x" * limits.MAX_LISTED_PAYLOAD_BYTES * 2)
    assert data.delete(id=entry["id"]).body == {"deleted": 1}
    assert data.rows() == []


@pytest.fixture
def created(data: RunData) -> dict[str, Any]:
    return dict(once(data).body)


def once(data: RunData) -> Any:
    body = {"taskId": data.task_id, "key": "k", "value": "x" * 100_000, "tags": ["a"]}
    return data.api("POST", data.url, body, headers={"Idempotency-Key": "once"})


def test_a_repeated_creation_answers_the_entry_with_the_tags_of_now(
    data: RunData, created: dict[str, Any], clock: ManualClock
) -> None:
    clock.advance(3)
    changed = data.retag(created["id"], add=["b"], remove=["a"]).body
    again = once(data)
    assert (again.status, again.body) == (200, changed)
    assert len(data.rows(includeAll="true")) == 1


def test_a_repeated_creation_of_what_was_deleted_since_creates_nothing(
    data: RunData, created: dict[str, Any]
) -> None:
    data.delete(id=created["id"])
    for _ in range(2):
        again = once(data)
        assert (again.status, again.body["code"]) == (404, "not_found")
    assert data.rows() == []
