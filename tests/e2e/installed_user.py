"""A user's test file, run by pytest where nothing but the SDK and pytest is installed."""

import sys

import pytest

from foreman_client import Task, TaskContext
from foreman_client.testing import ForemanTest


def greet(task: Task, ctx: TaskContext) -> str:
    """Fails the first time."""
    if ctx.attempt == 1:
        raise OSError("away")
    return f"Hello, {task.input_data}!"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails."""
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a socket was connected"))


def test_a_flow(foreman: ForemanTest) -> None:
    """The fixture comes with the distribution."""
    foreman.worker({"greet": greet})
    run = foreman.client.create_run(input_data=None, tasks=[{"type": "greet", "input_data": "Ada"}]).unwrap()
    assert foreman.run_until_idle()
    [task] = foreman.client.list_tasks(run_id=run.id).unwrap().data
    assert task.output_data == "Hello, Ada!"


def test_events(foreman: ForemanTest) -> None:
    """Result messages come without SQS."""
    run = foreman.client.create_run(input_data=None).unwrap()
    foreman.client.cancel_run(run.id).unwrap()
    assert [event.event for event in foreman.client.results(idle_s=1)] == ["run.cancelled"]


def test_nothing_of_aws_was_needed() -> None:
    """boto3 is imported by whoever meets SQS, and nobody did."""
    assert "boto3" not in sys.modules
