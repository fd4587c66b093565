"""A payload comes back as it went in: any JSON, at every size that is kept differently, through every store."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.tasks import Change
from foreman_engine.service.ports import Ports
from tests.contract.states import Maker

# Text that does not compress below what its size is to be: 6 bits a character.
_NOISE: Final = "".join(
    random.Random(7).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", k=500_000)
)
PADS: Final = {"inline": "", "item": _NOISE[:4000], "object": _NOISE}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**40, max_value=10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([-0.0, 1e308, 5e-324, "", "\U0001f600", "\ud800", "\x00", "null"])
    | st.text(max_size=20)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def through_run(make: Maker, payload: Payload) -> list[Payload | None]:
    run = make.stored_run(input_data=payload, metadata=payload)
    [loaded] = make.ports.runs.load([make.read_run(run.id)])
    make.ports.runs.save(loaded, replace(loaded, output_data=payload, error_data=payload))
    [run] = make.ports.runs.load([make.read_run(run.id)])
    return [run.input_data, run.output_data, run.error_data, run.metadata]


def through_task(make: Maker, payload: Payload) -> list[Payload | None]:
    task = make.stored_task(input_data=payload, metadata=payload)
    unloaded = make.read_task(task.id)
    after = replace(unloaded, output_data=payload, error_data=payload, progress=payload)
    make.ports.tasks.save([Change(unloaded, after)])
    [task] = make.ports.tasks.load([make.read_task(task.id)])
    return [task.input_data, task.output_data, task.error_data, task.metadata, task.progress]


def through_entry(make: Maker, payload: Payload) -> list[Payload | None]:
    now = make.ports.clock.now_ms()
    run_id = make.ports.ids.run_id(now)
    [task_id] = make.ports.ids.task_ids(run_id, now, 1)
    task = replace(make.tasks(make.run(id=run_id), 1)[0], id=task_id)
    entry = replace(make.entry(task), value=payload, metadata=payload)
    make.ports.run_data.add(entry, None)
    head = make.ports.run_data.get(make.org_id, run_id, [entry.id])[entry.id]
    listed = make.ports.run_data.of_run(make.org_id, run_id, 1, None, ascending=True).entries
    [read, again] = make.ports.run_data.load([head, *listed])
    return [read.value, read.metadata, again.value]


STORES: Final[dict[str, Callable[[Maker, Payload], list[Payload | None]]]] = {
    "run": through_run,
    "task": through_task,
    "entry": through_entry,
}
EXAMPLES: Final = {"inline": 40, "item": 15, "object": 4}


@pytest.mark.parametrize("size", PADS)
@pytest.mark.parametrize("store", STORES)
def test_any_json_survives(ports: Ports, store: str, size: str) -> None:
    numbers = iter(range(1_000_000))

    @settings(
        max_examples=EXAMPLES[size],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(json_values)
    def survives(value: Any) -> None:
        wanted = compact([value, PADS[size]])
        make = Maker(ports, f"{store}-{size}-{next(numbers)}")
        kept = STORES[store](make, Payload(wanted))
        assert [payload and payload.text for payload in kept] == [wanted] * len(kept)
        assert repr(kept[0] and kept[0].value()) == repr(Payload(wanted).value())

    survives()


def test_outputs_that_are_saved_together_come_back_each_as_its_own(ports: Ports, make: Maker) -> None:
    tasks = make.stored_tasks(make.stored_run(), 12, input_data=Payload(compact(_NOISE[:900])))
    sizes = [30, 700, 600, 1500, 900, 5000, 2500, 700, 800, 1000, 4000, 600]
    outputs = [Payload(compact(_NOISE[n : n + size])) for n, size in enumerate(sizes)]
    changes = [
        Change(task, replace(task, output_data=output, error_data=outputs[1]))
        for task, output in zip(tasks, outputs, strict=True)
    ]
    ports.tasks.save(changes)
    found = ports.tasks.get(make.org_id, [task.id for task in tasks])
    for task, output in zip(tasks, outputs, strict=True):
        [alone] = ports.tasks.load([found[task.id]])
        assert (alone.output_data and alone.output_data.text) == output.text
        assert (alone.error_data and alone.error_data.text) == outputs[1].text
    together = ports.tasks.load([found[task.id] for task in tasks])
    assert [task.output_data and task.output_data.text for task in together] == [
        each.text for each in outputs
    ]
