"""Run data changed by many at once: no change is lost, and no link is left behind."""

from collections.abc import Callable
from typing import Any

import pytest

from foreman_contract.run_data import ChangeTags, CreateEntry, Deleted, Entry
from foreman_engine.domain.errors import NotFoundError
from foreman_engine.domain.query import DataQuery
from foreman_engine.service.data_deletes import delete_entry, delete_key
from foreman_engine.service.data_queries import query_entries
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import Ports
from foreman_engine.service.run_data import change_tags, create_entry
from tests.contract.data_links import check_links
from tests.contract.data_world import DataWorld
from tests.contract.states import Maker
from tests.contract.test_races import RACERS, race


@pytest.fixture
def run(ports: Ports, make: Maker) -> DataWorld:
    return DataWorld(ports, make.org_id)


def changing(run: DataWorld, entry: Entry, **change: list[str]) -> Callable[[], Entry]:
    request = ChangeTags(**change)
    return lambda: change_tags(run.ports, run.org_id, run.run_id, entry.id, request)


def writing(run: DataWorld, key: str, tags: list[str], value: Any = None) -> Callable[[], Entry]:
    request = CreateEntry(task_id=run.task_id, key=key, value=value, tags=tags)
    return lambda: create_entry(run.ports, run.org_id, run.run_id, request).entry


def deleting(run: DataWorld, entry_id: str) -> Callable[[], Deleted]:
    return lambda: delete_entry(run.ports, run.org_id, run.run_id, entry_id)


def deleting_key(run: DataWorld, key: str) -> Callable[[], Deleted]:
    return lambda: delete_key(run.ports, run.org_id, run.run_id, key)


@pytest.mark.parametrize("racers", [2, RACERS])
def test_of_tag_changes_at_once_none_is_lost(run: DataWorld, racers: int) -> None:
    entry = run.write("k", tuple(f"old{n}" for n in range(racers)))
    answers = race([changing(run, entry, add=[f"new{n}"], remove=[f"old{n}"]) for n in range(racers)])
    assert len(answers) == racers
    [after] = check_links(run.ports, run.org_id, run.run_id)
    assert sorted(after.tags) == sorted(f"new{n}" for n in range(racers))


def test_of_opposite_changes_one_comes_last(run: DataWorld) -> None:
    entry = run.write("k", ("t",))
    race([changing(run, entry, add=["u"], remove=["t"]), changing(run, entry, add=["t"], remove=["u"])] * 4)
    [after] = check_links(run.ports, run.org_id, run.run_id)
    assert after.tags in (("t",), ("u",))


def test_a_tag_change_against_a_delete_leaves_nothing_behind(run: DataWorld) -> None:
    for number in range(4):
        entry = run.write("k", ("a", "b"), "x" * 3000 * number)

        delete = deleting(run, entry.id)
        changes = [changing(run, entry, add=[f"c{n}"], remove=["a"]) for n in range(3)]
        steps: list[Callable[[], Entry | Deleted]] = [*changes[:2], delete, changes[2], delete]
        answers = race(steps, NotFoundError)
        assert [each for each in answers if isinstance(each, Deleted)] == [Deleted(deleted=1)]
        assert check_links(run.ports, run.org_id, run.run_id) == []


def test_deletes_of_a_key_against_its_writers_lose_and_leave_nothing(run: DataWorld) -> None:
    for number in range(5):
        run.write("k", (f"t{number}",))
    writers = [writing(run, "k", ["new", f"n{n}"], "x" * 3000) for n in range(6)]
    steps: list[Callable[[], Entry | Deleted]] = [*writers[:3], *[deleting_key(run, "k")] * 3, *writers[3:]]
    answers = race(steps, NotFoundError)
    left = check_links(run.ports, run.org_id, run.run_id)
    deleted = sum(each.deleted for each in answers if isinstance(each, Deleted))
    assert deleted + len(left) == 5 + len(writers)
    assert all("new" in entry.tags for entry in left)


QUERIES = [
    DataQuery(key="k"),
    DataQuery(key_starts_with=("k",), sort_by="key", ascending=True),
    DataQuery(key_pattern="?"),
    DataQuery(tags=("t",)),
    DataQuery(tag_starts_with=("t",), sort_by="updated_at"),
    DataQuery(),
    DataQuery(ascending=True),
]


def test_a_key_that_always_has_a_match_is_always_found_once(run: DataWorld) -> None:
    first = run.write("k", ("t",), 0)
    rounds = range(12)

    def rewrite() -> list[int]:
        older = first
        for number in rounds:
            newer = writing(run, "k", ["t"], number)()
            deleting(run, older.id)()
            older = newer
        return []

    def asking(query: DataQuery) -> Callable[[], list[int]]:
        page = ListQuery(limit=5, ascending=query.ascending, total=False)

        def ask() -> list[int]:
            pages = [query_entries(run.ports, run.org_id, run.run_id, query, page) for _ in rounds]
            return [len(each.data) for each in pages]

        return ask

    found = race([rewrite, *map(asking, QUERIES)])
    assert {count for counts in found for count in counts} == {1}
    assert len(check_links(run.ports, run.org_id, run.run_id)) == 1
