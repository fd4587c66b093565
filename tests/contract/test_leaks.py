"""Leaks are removed once they are old, wherever they lie; what is young or referred to stays."""

import random
from dataclasses import replace
from typing import Any, Final

import pytest

from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.tasks import Change
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.leaks import SETTLED_BY_ONE_CLOCK_MS, SETTLED_MS, Leaks, remove_leaks
from foreman_engine.service.ports import Ports
from tests.contract.states import Maker

_NOISE: Final = "".join(random.Random(5).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789", k=600_000))
SIZES: Final = {"item": 5_000, "object": 600_000}
MINUTE_MS: Final = 60_000


def noise(size: int, turn: int = 0) -> Payload:
    """Text of this size that hardly compresses, another for each turn."""
    return Payload(compact(f"{turn}{_NOISE[:size]}"))


def later(ports: Ports, ms: int = SETTLED_MS + MINUTE_MS) -> Ports:
    """The same stores, looked at by an operator at a later time."""
    return replace(ports, clock=ManualClock(ports.clock.now_ms() + ms))


def found(ports: Ports, org_id: str, idle_ms: int = 0) -> tuple[int, int]:
    """How many leaks are removed now, and how many are too young."""
    leaks = list(remove_leaks(ports, org_id, idle_ms))
    return sum(each.removed for each in leaks), sum(each.young for each in leaks)


@pytest.mark.parametrize("size", SIZES)
def test_outputs_that_later_ones_replaced_are_removed(make: Maker, size: str) -> None:
    payloads = [noise(SIZES[size], turn) for turn in range(3)]
    run = make.stored_run(input_data=payloads[0])
    [task] = make.stored_tasks(run, 1, input_data=payloads[1])
    for payload in payloads:
        run, task = make.read_run(run.id), make.read_task(task.id)
        make.ports.runs.save(run, replace(run, output_data=payload))
        make.ports.tasks.save([Change(task, replace(task, error_data=payload))])
    assert found(make.ports, make.org_id) == (0, 4)
    [leaks] = remove_leaks(later(make.ports), make.org_id, 0)
    assert leaks == Leaks(make.org_id, leaks.address, run.id, removed=4, young=0)
    assert found(later(make.ports), make.org_id) == (0, 0)
    [run] = make.ports.runs.load([make.read_run(run.id)])
    [task] = make.ports.tasks.load([make.read_task(task.id)])
    kept = (run.input_data, run.output_data, task.input_data, task.error_data)
    assert [each and each.text for each in kept] == [
        payloads[0].text,
        payloads[2].text,
        payloads[1].text,
        payloads[2].text,
    ]


@pytest.mark.parametrize(
    ("idle_ms", "age_ms", "removed"),
    [
        (0, SETTLED_MS - MINUTE_MS, 0),
        (0, SETTLED_MS + MINUTE_MS, 1),
        (2 * SETTLED_MS, 2 * SETTLED_MS - MINUTE_MS, 0),
        (2 * SETTLED_MS, 2 * SETTLED_MS + MINUTE_MS, 1),
    ],
)
def test_a_leak_is_removed_when_it_is_old_enough_whatever_is_asked_for(
    make: Maker, idle_ms: int, age_ms: int, removed: int
) -> None:
    run = make.stored_run(output_data=noise(5_000))
    make.ports.runs.save(run, replace(run, output_data=None))
    assert found(later(make.ports, age_ms), make.org_id, idle_ms) == (removed, 1 - removed)


@pytest.mark.parametrize(("age_ms", "removed"), [(MINUTE_MS // 2, 0), (2 * MINUTE_MS, 1)])
def test_with_one_clock_for_all_a_minute_is_old_enough(make: Maker, age_ms: int, removed: int) -> None:
    run = make.stored_run(output_data=noise(5_000))
    make.ports.runs.save(run, replace(run, output_data=None))
    ports = later(make.ports, age_ms)
    leaks = list(remove_leaks(ports, make.org_id, 0, SETTLED_BY_ONE_CLOCK_MS))
    assert sum(each.removed for each in leaks) == removed


def test_an_organization_without_leaks_has_nothing_to_tell(make: Maker) -> None:
    make.stored_tasks(make.stored_run(input_data=noise(600_000)), 2, input_data=noise(5_000))
    assert list(remove_leaks(later(make.ports), make.org_id, 0)) == []


def test_the_leaks_of_another_organization_are_left_alone(ports: Ports, make: Maker) -> None:
    near = Maker(ports, f"{make.org_id}-near")
    fields: dict[str, Any] = {"output_data": noise(600_000), "error_data": noise(5_000)}
    for each in (make, near):
        run = each.stored_run(**fields)
        each.ports.runs.save(run, replace(run, output_data=None, error_data=None))
    assert found(later(ports), make.org_id) == (2, 0)
    assert found(later(ports), near.org_id) == (2, 0)
