"""A local stack that was made before the due-index existed gets it, and keeps its data."""

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_engine.domain.tasks import Change
from foreman_engine.service.ports import DUE_SHARDS, DueTask
from infra.local import environment
from infra.local.cloud import ensure_state, local_session
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack
from tests.contract.states import Maker

pytestmark = pytest.mark.emulator


def without_due_index(template: str) -> str:
    """The template as it was."""
    older, index = re.subn(
        r" +GlobalSecondaryIndexes:\n +- IndexName: due-index.*\n(?: {10,}.*\n)+", "", template
    )
    older, keys = re.subn(r" +- \{ AttributeName: d[ps]k, AttributeType: S \}\n", "", older)
    assert (index, keys) == (1, 2)
    return older


def test_an_older_stack_gets_its_index_and_keeps_its_tasks(tmp_path: Path) -> None:
    template, ends_at = TEMPLATE.read_text(), time.monotonic() + 30
    session = local_session(environment.REGION)
    with (
        folders(Home(tmp_path), ephemeral=True) as made,
        ministack(made, dict(os.environ), None, [], ends_at) as (url, _),  # noqa: TID251 - for a child
    ):
        outputs = ensure_state(session, url, environment.STAGE, without_due_index(template), ends_at)
        ports = aws_ports(Settings.from_env(environment.server({}, url, outputs)), session)
        task = Maker(ports, "acme").stored_task()
        assert ensure_state(session, url, environment.STAGE, template, ends_at) == outputs
        assert ports.tasks.get("acme", [task.id]) == {task.id: task}
        ports.tasks.save([Change(task, replace(task, due_at=7))])
        found = [due for shard in range(DUE_SHARDS) for due in ports.tasks.due(shard, 7, 10)]
        assert found == [DueTask("acme", task.id, 7)]
