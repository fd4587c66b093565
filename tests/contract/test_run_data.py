"""RunDataStore: what every implementation does."""

from typing import Any

import pytest

from foreman_engine.domain.errors import IdTakenError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.run_data import EntryState
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.ports import EntryPage, Ports
from tests.contract.backends import ON_TABLES
from tests.contract.states import Maker

pytestmark = ON_TABLES


def add(make: Maker, task: TaskState, key: str, **fields: Any) -> EntryState:
    entry = make.entry(task, key, {"n": 1}, **fields)
    make.ports.run_data.add(entry, None)
    return entry


def test_what_is_added_is_read(ports: Ports, make: Maker) -> None:
    task = make.stored_task()
    small = add(make, task, "k")
    full = add(
        make, task, "ключ ✓ #|'\"", tags=("b", "a", "ö,#"), metadata=Payload('{"m":null}'), updated_at=99
    )
    found = ports.run_data.get(make.org_id, task.run_id, [full.id, small.id, make.entry(task).id])
    assert found == {small.id: small, full.id: full}


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
        assert ports.run_data.of_key(org_id, run_id, "k", 5, None, ascending=True).entries == ()


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
    assert ports.run_data.of_key(make.org_id, task.run_id, entry.key, 1, None, ascending=False).entries == (
        entry,
    )


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_entries_are_walked_once_in_creation_order(
    ports: Ports, make: Maker, limit: int, ascending: bool
) -> None:
    task = make.stored_task()
    entries = [add(make, task, key) for key in ("a", "ab", "a", "b", "a")]

    def of_run(after_id: str | None) -> EntryPage:
        return ports.run_data.of_run(make.org_id, task.run_id, limit, after_id, ascending=ascending)

    def of_key(after_id: str | None) -> EntryPage:
        return ports.run_data.of_key(make.org_id, task.run_id, "a", limit, after_id, ascending=ascending)

    for read, wanted in ((of_run, entries), (of_key, [entries[0], entries[2], entries[4]])):
        seen: list[EntryState] = []
        while True:
            page = read(seen[-1].id if seen else None)
            seen += page.entries
            assert page.more == (len(seen) < len(wanted))
            if not page.more:
                break
        assert seen == (wanted if ascending else wanted[::-1])
