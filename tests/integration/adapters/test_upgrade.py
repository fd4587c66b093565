"""A local stack that was made before the newer indexes existed gets them, and keeps its data."""

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.tasks import Change
from foreman_engine.service.pages import ListQuery
from foreman_engine.service.ports import DUE_SHARDS, DueTask
from foreman_engine.service.run_lists import RunsAsked, list_runs
from foreman_engine.service.task_lists import TasksAsked, list_tasks
from infra.local import environment
from infra.local.cloud import ensure_state, local_session
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack
from tests.contract.states import Maker

pytestmark = pytest.mark.emulator


NEWER = ["due", "status", "started", "completed", "ended", "key", "tag"]
"""Indexes that the first tables had not yet; nor had the tasks a created-index."""
ATTRIBUTES = ["dpk", "dsk", "hpk", "spk", "ssk", "cpk", "csk", "epk", "kpk", "tpk"]
_DEFINED = " +- \\{{ AttributeName: {}, AttributeType: {} \\}}\n"


def older(template: str) -> str:
    """The template as it was."""
    runs, tasks = template.split("  TasksTable:\n")
    for name in NEWER:
        runs, tasks = without(runs, name), without(tasks, name)
    tasks = without(tasks, "created")
    both = f"{runs}  TasksTable:\n{re.sub(_DEFINED.format('gpk', 'S'), '', tasks)}"
    both = re.sub(_DEFINED.format("gsk", "B"), "", both)
    for name in ATTRIBUTES:
        both = re.sub(_DEFINED.format(name, "S"), "", both)
    both = re.sub(r" +GlobalSecondaryIndexes:.*\n(?! +- IndexName)", "", both)
    assert both.count("IndexName") == 1
    assert not re.search("|".join(["AttributeType: B", *ATTRIBUTES]), both)
    return both


def without(part: str, index: str) -> str:
    """A part of the template without the indexes of a name."""
    return re.sub(rf" +- IndexName: {index}-index.*\n(?: {{10,}}.*\n)+", "", part)


def test_an_older_stack_gets_its_indexes_and_keeps_its_runs_and_tasks(tmp_path: Path) -> None:
    template, ends_at = TEMPLATE.read_text(), time.monotonic() + 30
    session = local_session(environment.REGION)
    with (
        folders(Home(tmp_path), ephemeral=True) as made,
        ministack(made, dict(os.environ), None, [], ends_at) as (url, _),  # noqa: TID251 - for a child
    ):
        outputs = ensure_state(session, url, environment.STAGE, older(template), ends_at)
        ports = aws_ports(Settings.from_env(environment.server({}, url, outputs)), session)
        make = Maker(ports, "acme")
        task = make.stored_task()
        assert ensure_state(session, url, environment.STAGE, template, ends_at) == outputs
        assert ports.tasks.get("acme", [task.id]) == {task.id: task}
        ports.tasks.save([Change(task, replace(task, due_at=7))])
        found = [due for shard in range(DUE_SHARDS) for due in ports.tasks.due(shard, 7, 10)]
        assert found == [DueTask("acme", task.id, 7)]
        failed = make.stored_task(status=TaskStatus.FAILED)
        for asked in (TasksAsked(status=TaskStatus.FAILED), TasksAsked(failed.run_id)):
            assert [row.id for row in list_tasks(ports, "acme", asked, ListQuery(5)).data] == [failed.id]
        listed = {row.id for row in list_tasks(ports, "acme", TasksAsked(), ListQuery(5)).data}
        assert failed.id in listed
        for sort in (RunsAsked(), RunsAsked(RunStatus.RUNNING)):
            rows = list_runs(ports, "acme", sort, ListQuery(5)).data
            assert failed.run_id in {row.id for row in rows}
