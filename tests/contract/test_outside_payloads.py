"""Payloads outside their records can be listed with the time of their writing, compared with what refers to them, and removed."""

import random
from dataclasses import replace
from typing import Final

import pytest

from foreman_engine.domain.errors import UnavailableError
from foreman_engine.domain.ids import run_address
from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.service.ports import Ports
from tests.contract.backends import ON_TABLES
from tests.contract.states import Maker

pytestmark = ON_TABLES
_HEX: Final = "".join(random.Random(3).choices("0123456789abcdef", k=9_000))


def long(size: int = 5_000) -> Payload:
    """Text that fits beside no record."""
    return Payload(compact(_HEX[:size]))


def address_of(run: RunState) -> str:
    return run_address(run.id) or ""


def stored(make: Maker, run: RunState) -> set[str]:
    return {each.name for each in make.ports.payloads.beside(make.org_id, address_of(run))}


def referred(make: Maker, run: RunState) -> frozenset[str]:
    return make.ports.payloads.referred(make.org_id, address_of(run)).names


def a_run_with_everything(make: Maker) -> tuple[RunState, TaskState]:
    """A run, a task of it and an entry, each with payloads of all its kinds outside."""
    run = make.stored_run(input_data=long(), metadata=long())
    [task] = make.stored_tasks(run, 1, input_data=long(), metadata=long())
    [saved] = make.ports.tasks.save(
        [Change(task, replace(task, output_data=long(), error_data=long(), progress=long()))]
    )
    make.ports.run_data.add(replace(make.entry(task, tags=("t",)), value=long(), metadata=long()), None)
    run = make.read_run(run.id)
    return make.ports.runs.save(run, replace(run, output_data=long(), error_data=long())), saved


def test_everything_that_lies_outside_is_listed_and_referred_to(make: Maker) -> None:
    began = make.ports.clock.now_ms()
    run, _ = a_run_with_everything(make)
    listed = make.ports.payloads.beside(make.org_id, address_of(run))
    assert 4 + 5 + 2 >= len(listed) >= 4 + 2 + 2  # outputs that are reported together may share an item
    assert all(began - 1000 < each.at <= make.ports.clock.now_ms() for each in listed)
    found = make.ports.payloads.referred(make.org_id, address_of(run))
    assert (found.run_id, set(found.names)) == (run.id, stored(make, run))


def test_what_lies_beside_the_state_is_not_listed(make: Maker) -> None:
    task = make.stored_task(input_data=Payload('"small"'))
    run = make.read_run(task.run_id)
    assert stored(make, run) == referred(make, run) == set()


def test_what_a_later_write_replaced_is_stored_and_no_longer_referred_to(make: Maker) -> None:
    run, task = a_run_with_everything(make)
    before = stored(make, run)
    make.ports.tasks.save([Change(task, replace(task, output_data=long(6_000), progress=None))])
    assert before < stored(make, run)
    assert referred(make, run) < stored(make, run)


def test_an_item_that_is_shared_is_referred_to_as_long_as_one_of_its_payloads_is(make: Maker) -> None:
    run = make.stored_run()
    tasks = make.stored_tasks(run, 3)
    together = [Change(task, replace(task, output_data=long(1_500))) for task in tasks]
    saved = make.ports.tasks.save(together)
    for task in saved[:2]:
        make.ports.tasks.save([Change(task, replace(task, output_data=None))])
    make.ports.payloads.remove(make.org_id, address_of(run), stored(make, run) - referred(make, run))
    [last] = make.ports.tasks.load([make.read_task(saved[2].id)])
    assert last.output_data == replace(saved[2].output_data or long(), text=long(1_500).text)


def test_what_is_removed_is_gone_and_nothing_else(make: Maker) -> None:
    run, task = a_run_with_everything(make)
    make.ports.tasks.save([Change(task, replace(task, output_data=long(6_000), error_data=long(7_000)))])
    leaked = stored(make, run) - referred(make, run)
    for _ in range(2):
        make.ports.payloads.remove(make.org_id, address_of(run), leaked)
        assert stored(make, run) == referred(make, run)
    [loaded] = make.ports.tasks.load([make.read_task(task.id)])
    kept = [loaded.input_data, loaded.metadata, loaded.progress, loaded.output_data, loaded.error_data]
    sizes = [5_000, 5_000, 5_000, 6_000, 7_000]
    assert [each and each.text for each in kept] == [long(size).text for size in sizes]


def test_a_deleted_entry_leaves_nothing(make: Maker) -> None:
    run, task = a_run_with_everything(make)
    before = stored(make, run)
    entry = replace(make.entry(task, "other"), value=long())
    make.ports.run_data.add(entry, None)
    assert len(stored(make, run)) == len(before) + 1
    make.ports.run_data.remove([make.ports.run_data.get(make.org_id, run.id, [entry.id])[entry.id]])
    assert stored(make, run) == before == referred(make, run)


def test_another_run_and_another_organization_are_not_looked_at(ports: Ports, make: Maker) -> None:
    run, _ = a_run_with_everything(make)
    a_run_with_everything(make)
    other = Maker(ports, f"{make.org_id}-other")
    assert stored(make, run) == referred(make, run)
    assert stored(other, run) == referred(other, run) == set()
    other.ports.payloads.remove(other.org_id, address_of(run), stored(make, run))
    assert stored(make, run) == referred(make, run) != set()


def test_a_run_that_exists_was_created(make: Maker) -> None:
    run = make.run(input_data=long())
    make.ports.runs.create(run, None)
    assert list(make.ports.payloads.never_created(make.org_id)) == []
    nobody = make.ports.payloads.referred(make.org_id, address_of(make.run()))
    assert (nobody.run_id, nobody.names) == (None, frozenset())


def test_whoever_read_a_record_before_its_payload_was_replaced_and_removed_reads_again(make: Maker) -> None:
    run, task = a_run_with_everything(make)
    before = make.read_run(run.id), make.read_task(task.id)
    make.ports.runs.save(run, replace(run, output_data=long(6_000)))
    make.ports.tasks.save(
        [Change(task, replace(task, output_data=long(6_000), error_data=None, progress=None))]
    )
    make.ports.payloads.remove(make.org_id, address_of(run), stored(make, run) - referred(make, run))
    with pytest.raises(UnavailableError, match="replaced"):
        make.ports.runs.load([before[0]])
    with pytest.raises(UnavailableError, match="replaced"):
        make.ports.tasks.load([before[1]])
    [read_run] = make.ports.runs.load([make.read_run(run.id)])
    [read_task] = make.ports.tasks.load([make.read_task(task.id)])
    assert [each.output_data and each.output_data.text for each in (read_run, read_task)] == [
        long(6_000).text
    ] * 2
