"""RunDataStore: what every implementation does."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from foreman_engine.domain.errors import IdTakenError, StaleError
from foreman_engine.domain.links import AFTER_IDS, FIRST, LAST, Link, TagLink
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.ports import Ports
from tests.contract.backends import ON_TABLES
from tests.contract.states import Maker

pytestmark = ON_TABLES


def add(make: Maker, task: TaskState, key: str, **fields: Any) -> EntryState:
    entry = make.entry(task, key, {"n": 1}, **fields)
    make.ports.run_data.add(entry, None)
    return entry


def links(
    make: Maker,
    task: TaskState,
    tag: str | None,
    low: Link,
    high: Link,
    limit: int = 99,
    ascending: bool = True,
) -> list[Link]:
    found = make.ports.run_data.links(make.org_id, task.run_id, tag, low, high, limit, ascending=ascending)
    return list(found)


def test_what_is_added_is_read(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    small = add(make, task, "k")
    full = add(
        make, task, "ключ ✓ #|'\"", tags=("b", "a", "ö,#"), metadata=Payload('{"m":null}'), updated_at=99
    )
    found = ports.run_data.get(make.org_id, task.run_id, [full.id, small.id, make.entry(task).id])
    assert set(found) == {small.id, full.id}
    assert ports.run_data.load([found[full.id], found[small.id]]) == [full, small]


def test_an_entry_belongs_to_its_run_and_organization(ports: Ports, make: Maker) -> None:
    task, other = make.stored_task(), make.stored_task()
    entry = add(make, task, "k")
    neighbour = task.run_id[:-1] + ("0" if task.run_id[-1] != "0" else "1")
    for org_id, run_id in (
        (make.org_id, other.run_id),
        (f"{make.org_id}x", task.run_id),
        (make.org_id, neighbour),
    ):
        assert ports.run_data.get(org_id, run_id, [entry.id]) == {}
        assert ports.run_data.of_run(org_id, run_id, 5, None, ascending=True).entries == ()


def test_a_taken_id_is_refused(ports: Ports, make: Maker) -> None:
    entry = add(make, make.stored_task(), "k")
    with pytest.raises(IdTakenError):
        ports.run_data.add(entry, None)


def test_fifty_tags_of_full_length_fit(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    tags = tuple(f"{n:02d}" + "ü" * 239 for n in range(50))
    entry = make.entry(task, "k" * 255 + "é" * 112, tags=tags)
    ports.run_data.add(entry, make.record("fifty", entry.id))
    assert ports.run_data.get(make.org_id, task.run_id, [entry.id]) == {entry.id: entry}
    for tag in (None, tags[0], tags[49]):
        assert links(make, task, tag, FIRST, LAST) == [Link(entry.key, entry.id)]


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_entries_are_walked_once_in_creation_order(
    ports: Ports, make: Maker, limit: int, ascending: bool
) -> None:
    task = make.stored_task()
    entries = [add(make, task, key) for key in ("a", "ab", "a", "b", "a")]
    seen: list[EntryState] = []
    while True:
        after_id = seen[-1].id if seen else None
        page = ports.run_data.of_run(make.org_id, task.run_id, limit, after_id, ascending=ascending)
        seen += page.entries
        assert page.more == (len(seen) < len(entries))
        if not page.more:
            break
    assert seen == (entries if ascending else entries[::-1])


def test_links_lie_between_places_in_the_order_of_key_and_id(make: Maker) -> None:
    task = make.stored_task()
    entries = [
        add(make, task, key, tags=tags)
        for key, tags in (
            ("b", ("t",)),
            ("a", ("t", "u")),
            ("a ", ("tt",)),
            ("a!", ()),
            ("a", ("t",)),
            ("\U0010ffff" * 120, ("t",)),
        )
    ]
    b, a, blank, mark, newer_a, last = (Link(entry.key, entry.id) for entry in entries)
    assert links(make, task, None, FIRST, LAST) == [a, newer_a, blank, mark, b, last]
    assert links(make, task, None, FIRST, LAST, limit=2) == [a, newer_a]
    assert links(make, task, None, FIRST, LAST, limit=2, ascending=False) == [last, b]
    assert links(make, task, None, newer_a, b) == [newer_a, blank, mark, b]
    assert links(make, task, None, Link("a", ""), Link("a", AFTER_IDS)) == [a, newer_a]
    assert links(make, task, None, Link("a ", ""), Link("a!", "")) == [blank]
    assert links(make, task, "t", FIRST, LAST) == [a, newer_a, b, last]
    assert links(make, task, "t", FIRST, Link("b", ""), ascending=False) == [newer_a, a]
    assert links(make, task, "nobody's", FIRST, LAST) == []


def test_links_of_tags_lie_by_tag_first(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    one, two = add(make, task, "b", tags=("u", "t", "t ")), add(make, task, "a", tags=("tt", "t"))
    wanted = [("t", two), ("t", one), ("t ", one), ("tt", two)]
    found = ports.run_data.tag_links(
        make.org_id, task.run_id, TagLink("t", "", ""), TagLink("u", "", ""), 9, ascending=True
    )
    assert list(found) == [TagLink(tag, entry.key, entry.id) for tag, entry in wanted]


def test_the_newest_of_each_key_is_found(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    entries = [add(make, task, key) for key in ("a", "aa", "a", "b")]
    newest = ports.run_data.newest_of(make.org_id, task.run_id, ["a", "b", "c"])
    assert newest == {"a": entries[2].id, "b": entries[3].id}
    assert ports.run_data.newest_of(make.org_id, task.run_id, []) == {}


def test_tags_change_with_their_links_or_not_at_all(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    before = add(make, task, "k", tags=("a", "b"))
    after = replace(before, tags=("b", "c"), updated_at=before.updated_at + 5)
    ports.run_data.retag(before, after)
    assert ports.run_data.get(make.org_id, task.run_id, [before.id]) == {before.id: after}
    assert [len(links(make, task, tag, FIRST, LAST)) for tag in ("a", "b", "c")] == [0, 1, 1]
    with pytest.raises(StaleError):
        ports.run_data.retag(before, replace(before, tags=("x",)))
    assert links(make, task, "x", FIRST, LAST) == []
    bare = replace(after, tags=())
    ports.run_data.retag(after, bare)
    assert ports.run_data.get(make.org_id, task.run_id, [before.id]) == {before.id: bare}
    ports.run_data.retag(bare, after)
    assert links(make, task, "b", FIRST, LAST) == [Link("k", before.id)]


def test_an_entry_is_removed_with_all_its_links_unless_its_tags_changed(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    one, two = add(make, task, "k", tags=("a", "b")), add(make, task, "k", tags=())
    changed = replace(one, tags=("a",))
    ports.run_data.retag(one, changed)
    with pytest.raises(StaleError) as stale:
        ports.run_data.remove([two, one])
    assert stale.value.ids == (one.id,)
    ports.run_data.remove([two, changed])
    assert ports.run_data.get(make.org_id, task.run_id, [one.id, two.id]) == {}
    assert [links(make, task, tag, FIRST, LAST) for tag in (None, "a", "b")] == [[], [], []]
    with pytest.raises(StaleError):
        ports.run_data.remove([two])


def test_what_was_deleted_between_two_reads_is_not_loaded(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    large = [str(uuid.uuid4()) for _ in range(100)]
    gone, kept = make.entry(task, "k", large), make.entry(task, "k", large)
    for entry in (gone, kept):
        ports.run_data.add(entry, None)
    heads = ports.run_data.get(make.org_id, task.run_id, [gone.id, kept.id])
    ports.run_data.remove([heads[gone.id]])
    [loaded] = ports.run_data.load([heads[gone.id], heads[kept.id]])
    assert (loaded.id, loaded.value.text) == (kept.id, kept.value.text)


def test_a_search_finds_links_across_runs(ports: Ports, make: Maker) -> None:
    here, there = make.stored_task(), make.stored_task()
    one = add(make, here, "b", tags=("t",))
    two = add(make, there, "a", tags=("t", "u"))
    three = add(make, there, "b")
    by_key = ports.run_data.search(make.org_id, FIRST, LAST, 9)
    assert [hit.link for hit in by_key] == [Link(entry.key, entry.id) for entry in (two, one, three)]
    assert [hit.link for hit in ports.run_data.search(make.org_id, by_key[1].link, LAST, 1)] == [
        by_key[1].link
    ]
    by_tag = ports.run_data.search(make.org_id, TagLink("t", "", ""), TagLink("u", "", ""), 9)
    assert [hit.link for hit in by_tag] == [TagLink("t", "a", two.id), TagLink("t", "b", one.id)]
    assert ports.run_data.entries_at(make.org_id, by_key) == {entry.id: entry for entry in (one, two, three)}
    assert ports.run_data.search(f"{make.org_id}x", FIRST, LAST, 9) == []


def test_a_search_reads_on_until_it_has_enough(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    wanted = sorted(Link(f"k{n % 7}", add(make, task, f"k{n % 7}").id) for n in range(60))
    for limit in (1, 20, 60, 100):
        found = ports.run_data.search(make.org_id, FIRST, LAST, limit)
        assert [hit.link for hit in found] == wanted[:limit]
