"""TaskStore.create with a new run: what every implementation does."""

from dataclasses import replace
from functools import partial

import pytest

from foreman_contract.enums import RunStatus
from foreman_engine.domain.errors import AlreadyDoneError, IdTakenError
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import Counts
from foreman_engine.service.ports import Ports, Writing
from tests.contract.backends import ON_TABLES
from tests.contract.graphs import behind, ids
from tests.contract.states import Maker
from tests.contract.test_races import RACERS, race

pytestmark = ON_TABLES


class TestANewRunWithTasks:
    @pytest.fixture
    def run(self, make: Maker) -> RunState:
        return make.run(
            status=RunStatus.PENDING, auto_complete=True, total_tasks=2, input_data=Payload("[1]")
        )

    def test_both_are_written(self, ports: Ports, make: Maker, run: RunState) -> None:
        [first] = make.tasks(run, 1, has_dependants=True)
        [second] = behind(make, run, first)
        record = make.record("new", run.id, first.id, second.id)
        ports.tasks.create(run, [first, second], Writing(record, new_run=True))
        assert make.read_run(run.id) == run
        assert ports.tasks.get(make.org_id, [first.id, second.id]) == {first.id: first, second.id: second}
        assert ports.keys.record(make.org_id, record.scope) == record
        assert ports.tasks.dependants(make.org_id, first.id, 5, None).ids == (second.id,)
        assert ports.runs.counts(make.org_id, run.id) == Counts()

    def test_a_large_input_is_read_back(self, ports: Ports, make: Maker, run: RunState) -> None:
        large = replace(run, input_data=Payload('"' + "random text " * 900 + '"'))
        ports.tasks.create(large, make.tasks(run, 2), Writing(new_run=True))
        [loaded] = ports.runs.load([make.read_run(run.id)])
        assert loaded.input_data.text == large.input_data.text

    def test_a_run_that_is_there_refuses_both(self, ports: Ports, make: Maker) -> None:
        there = make.stored_run()
        before = make.read_run(there.id)
        neighbour = replace(there, id=there.id[:-1] + ("0" if there.id[-1] != "0" else "1"), total_tasks=1)
        for taken in (there, neighbour):
            made = make.tasks(taken, 1)
            record = make.record(f"taken {taken.id}", taken.id)
            with pytest.raises(IdTakenError):
                ports.tasks.create(taken, made, Writing(record, new_run=True))
            assert ports.tasks.get(make.org_id, ids(made)) == {}
            assert ports.keys.record(make.org_id, record.scope) is None
        assert make.read_run(there.id) == before

    def test_the_second_of_two_with_one_record_is_told_what_the_first_made(
        self, ports: Ports, make: Maker, run: RunState
    ) -> None:
        tasks = make.tasks(run, 2)
        record = make.record("same", run.id, *ids(tasks))
        ports.tasks.create(run, tasks, Writing(record, new_run=True))
        other = make.run(total_tasks=1)
        made = make.tasks(other, 1)
        with pytest.raises(AlreadyDoneError) as raised:
            ports.tasks.create(other, made, Writing(make.record("same", other.id), new_run=True))
        assert tuple(raised.value.object_ids) == (run.id, *ids(tasks))
        assert ports.runs.get(make.org_id, [other.id]) == {}
        assert ports.tasks.get(make.org_id, ids(made)) == {}

    def test_the_first_of_two_at_once_is_the_only_one(self, ports: Ports, make: Maker, run: RunState) -> None:
        tasks = make.tasks(run, 2)
        create = partial(ports.tasks.create, run, tasks, Writing(new_run=True))
        assert len(race([create] * RACERS, IdTakenError)) == 1
        assert make.read_run(run.id) == run
