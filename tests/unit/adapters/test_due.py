"""The due-index costs what is due: one query a shard when nothing is, and no write for a task that does not wait."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.difference import Difference, difference
from chalicelib.adapters.dynamo.due import due_tasks
from chalicelib.adapters.dynamo.shelf import Shelf
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.task_codec import SHAPE, new_task
from chalicelib.adapters.dynamo.writes import new_mark
from foreman_engine.domain.tasks import TaskState
from foreman_engine.service.ports import DueTask
from tests.unit.adapters.fakes import Scripted
from tests.unit.adapters.test_codec import MS, typical_task

TASK = "019b76da-a800-8abc-8000-000000200002"


def tables(client: Scripted) -> Tables:
    given: Any = client
    return Tables(given, objects=given, clock=given, runs="r", tasks="t", run_data="d", keys="k")


def step(before: TaskState, after: TaskState) -> Difference:
    return difference(SHAPE, keys.task_place(before.org_id, before.id), before, after, Shelf(MS))


def test_nothing_due_costs_one_query() -> None:
    client = Scripted({"Items": []})
    assert due_tasks(tables(client), 3, 5, 100) == []
    [(name, request)] = client.calls
    assert (name, request["IndexName"], request["Limit"]) == ("query", "due-index", 100)
    assert request["ExpressionAttributeValues"] == {
        ":dpk": {"S": "due#3"},
        ":end": {"S": "000000000000006"},
    }


def test_an_entry_names_its_task() -> None:
    entry = {**keys.task("acme", TASK), **keys.due_entry(7, TASK)}
    assert entry["dsk"] == {"S": f"000000000000007#{TASK}"}
    assert due_tasks(tables(Scripted({"Items": [entry]})), 0, 7, 1) == [DueTask("acme", TASK, 7)]


def test_a_task_stays_in_its_shard() -> None:
    assert keys.due_entry(7, TASK)["dpk"] == {"S": "due#1"}


@pytest.mark.parametrize("changes", [{"attempt": 1}, {"available_at": 5}])
def test_a_task_that_does_not_wait_touches_no_index(changes: Any) -> None:
    task = typical_task()
    item, _ = new_task(task, new_mark(), Shelf(MS))
    change = step(task, replace(task, **changes))
    assert not {"dpk", "dsk"} & {*item, *change.sets, *change.removes}


def test_a_waits_entry_is_written_moved_and_removed_with_it() -> None:
    task, waiting = typical_task(), typical_task(due_at=7)
    entry = keys.due_entry(7, task.id)
    assert new_task(waiting, new_mark(), Shelf(MS))[0].items() >= entry.items()
    assert step(task, waiting).sets.items() >= entry.items()
    assert not {"dpk", "dsk"} & step(waiting, replace(waiting, attempt=1)).sets.keys()
    moved = step(waiting, replace(waiting, due_at=8)).sets
    assert (moved["dsk"], "dpk" in moved) == (keys.due_entry(8, task.id)["dsk"], False)
    assert {"da", "dpk", "dsk"} <= set(step(waiting, task).removes)
