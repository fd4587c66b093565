"""Random histories in which processes die at any call: afterwards what is stored is what is referred to, and all can be read."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.aws import aws_ports
from chalicelib.adapters.dynamo import payloads
from foreman_engine.domain.errors import EngineError
from foreman_engine.domain.payload import Payload, compact
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Change, TaskState
from foreman_engine.memory.clock import ManualClock
from foreman_engine.service.leaks import SETTLED_MS, remove_leaks
from foreman_engine.service.ports import Ports, Writing
from infra.local.cloud import local_session
from tests.contract.states import Maker
from tests.integration.adapters.conftest import Cloud
from tests.integration.crashes.executioner import Executioner, Moment, When
from tests.integration.crashes.payload_oracle import PayloadOracle

_NOISE: Final = "".join(random.Random(13).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789", k=8_000))
LARGE_BYTES: Final = 4_000


@dataclass
class History:
    """What has been done to the runs of one organization, as far as the one who did it knows."""

    make: Maker
    clock: ManualClock
    runs: list[RunState] = field(default_factory=list)
    tasks: list[TaskState] = field(default_factory=list)
    written: int = 0

    @property
    def ports(self) -> Ports:
        return self.make.ports

    def payload(self, size: int) -> Payload:
        self.written += 1
        return Payload(compact(f"{self.written} {_NOISE[:size]}"))

    def create_run(self, size: int, which: int) -> None:
        """One of two idempotency keys comes with it, so that some are refused."""
        run = self.make.run(input_data=self.payload(size))
        self.runs.append(run)
        self.ports.runs.create(run, self.make.record(f"run {which % 2}"))

    def create_graph(self, size: int, _: int) -> None:
        run = self.make.run(input_data=self.payload(size), total_tasks=2)
        tasks = self.make.tasks(run, 2, input_data=self.payload(size))
        self.runs.append(run)
        self.tasks += tasks
        self.ports.tasks.create(run, tasks, Writing(new_run=True))

    def create_tasks(self, size: int, which: int) -> None:
        run = self.runs[which % len(self.runs)]
        tasks = self.make.tasks(run, 2, input_data=self.payload(size))
        self.tasks += tasks
        self.ports.tasks.create(run, tasks)

    def end_run(self, size: int, which: int) -> None:
        run = self._read_run(which)
        self.ports.runs.save(run, replace(run, output_data=self.payload(size)))

    def end_tasks(self, size: int, which: int) -> None:
        """Two outputs in one transaction, which may share an item; both replace what was there."""
        run = self._read_run(which)
        found = self.ports.tasks.of_run(run.org_id, run.id, 2, None, ascending=True).tasks
        outputs = [replace(task, output_data=self.payload(size), error_data=None) for task in found]
        if found:
            self.ports.tasks.save([Change(*pair) for pair in zip(found, outputs, strict=True)])

    def end_too_late(self, size: int, which: int) -> None:
        """A task that has moved on since it was read."""
        task = self.tasks[which % len(self.tasks)]
        late = replace(task, rev=task.rev + 100)
        self.ports.tasks.save([Change(late, replace(late, error_data=self.payload(size)))])

    def add_entry(self, size: int, which: int) -> None:
        task = self.tasks[which % len(self.tasks)]
        self.ports.run_data.add(replace(self.make.entry(task), value=self.payload(size)), None)

    def delete_entry(self, _: int, which: int) -> None:
        run = self.runs[which % len(self.runs)]
        found = self.ports.run_data.of_run(run.org_id, run.id, 1, None, ascending=True).entries
        if found:
            self.ports.run_data.remove(found)

    def reconcile(self, _: int, which: int) -> None:
        self.clock.advance(which * 60_000)
        list(remove_leaks(self.ports, self.make.org_id, 0))

    def _read_run(self, which: int) -> RunState:
        return self.make.read_run(self.runs[which % len(self.runs)].id)

    def read_all(self) -> None:
        """Load every record there is; one whose payload is gone raises."""
        for run_id, run in self.ports.runs.get(self.make.org_id, [run.id for run in self.runs]).items():
            self.ports.runs.load([run])
            tasks = self.ports.tasks.of_run(run.org_id, run_id, 100, None, ascending=True).tasks
            self.ports.tasks.load(tasks)
            entries = self.ports.run_data.of_run(run.org_id, run_id, 100, None, ascending=True).entries
            assert len(self.ports.run_data.load(entries)) == len(entries)


ACTS: Final[list[Callable[[History, int, int], None]]] = [
    History.create_run,
    History.create_graph,
    History.create_tasks,
    History.end_run,
    History.end_tasks,
    History.end_too_late,
    History.add_entry,
    History.delete_entry,
    History.reconcile,
]
moments = st.none() | st.builds(Moment, st.sampled_from(When), st.integers(0, 4))
sizes = st.sampled_from([10, 800, 2_500, 8_000])
steps = st.tuples(st.sampled_from(ACTS), sizes, st.integers(0, 20), moments)


@dataclass(frozen=True)
class Mortal:
    """Stores whose calls can be deadly."""

    ports: Ports
    clock: ManualClock
    executioner: Executioner
    oracle: PayloadOracle


@pytest.fixture
def mortal(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Mortal:
    monkeypatch.setattr(payloads, "MAX_ITEM_BYTES", LARGE_BYTES)
    session, clock = local_session(cloud.settings.region), ManualClock()
    executioner = Executioner(session)
    oracle = PayloadOracle(cloud.settings, cloud.dynamodb, cloud.s3)
    return Mortal(aws_ports(cloud.settings, session, clock), clock, executioner, oracle)


def test_whatever_happened_what_is_stored_is_what_is_referred_to(mortal: Mortal) -> None:
    numbers = iter(range(1_000_000))

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(steps, min_size=3, max_size=12))
    def check(history_steps: list[tuple[Any, int, int, Moment | None]]) -> None:
        make = Maker(mortal.ports, f"random-{next(numbers)}")
        history = History(make, mortal.clock)
        history.create_graph(800, 0)
        for act, size, which, moment in history_steps:
            with suppress(
                EngineError, KeyError
            ):  # what is refused, and what a death has kept from being created
                mortal.executioner.survives(lambda: act(history, size, which), moment)  # noqa: B023
            mortal.clock.advance(1_000)
        assert mortal.oracle.referred(make.org_id) <= mortal.oracle.lying(make.org_id)
        mortal.clock.advance(SETTLED_MS + 60_000)
        list(remove_leaks(mortal.ports, make.org_id, 0))
        assert mortal.oracle.referred(make.org_id) == mortal.oracle.lying(make.org_id)
        history.read_all()

    check()
