"""What the kit shows, what importing it and its plugin costs, and that the plugin works by itself."""

import inspect
import subprocess
import sys
from pathlib import Path

from foreman_client import testing
from tests.unit.client.test_client_surface import loaded_by

USERS_TEST = """
import pytest
from foreman_client import create_run


@pytest.fixture
def worker(foreman):
    return foreman.worker({"greet": lambda task: f"Hello, {task.input_data}!"})


def test_greeting(foreman, worker):
    run = create_run(foreman.config, input_data=None, tasks=[{"type": "greet", "input_data": "Ada"}]).unwrap()
    assert foreman.run_until_idle()
    [task] = foreman.client.list_tasks(run_id=run.id).unwrap().data
    assert task.output_data == "Hello, Ada!"


def test_every_test_has_a_foreman_of_its_own(foreman):
    assert foreman.client.list_runs().unwrap().data == []


def test_what_is_still_waiting_is_told(foreman):
    foreman.client.create_run(input_data=None, tasks=[{"type": "greet", "input_data": "Ada"}]).unwrap()
    assert foreman.run_until_idle()
"""
TOLD = "1 task has not ended after 0 s; greet (queued): no worker here has a handler for 'greet' on queue foreman:tasks (normal)"


def test_exports_are_sorted_real_and_documented() -> None:
    assert testing.__all__ == sorted(testing.__all__)
    for name in testing.__all__:
        thing = getattr(testing, name)
        if inspect.isclass(thing):
            assert inspect.getdoc(thing), name
            for member, value in vars(thing).items():
                if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                    assert inspect.getdoc(value), f"{name}.{member}"


def test_the_plugin_loads_nothing_until_the_fixture_is_used() -> None:
    """Pytest imports it in every run of whoever has the SDK installed."""
    loaded = loaded_by("import foreman_pytest")
    assert "foreman_pytest" in loaded
    assert not [
        name for name in loaded if name.startswith(("foreman_client", "foreman_engine", "foreman_contract"))
    ]
    assert not {"pydantic", "httpx", "boto3"} & loaded


def test_the_kit_needs_no_aws_and_no_server() -> None:
    program = (
        "from foreman_client.testing import ForemanTest\n"
        "with ForemanTest() as foreman:\n"
        "    foreman.worker({'t': lambda _: 1})\n"
        "    foreman.client.create_run(input_data=1, tasks=[{'type': 't', 'input_data': 1}]).unwrap()\n"
        "    assert foreman.run_until_idle()\n"
        "    list(foreman.client.results(idle_s=1))\n"
        "import sys"
    )
    loaded = loaded_by(program)
    assert "foreman_engine.memory.build" in loaded
    assert not [
        name
        for name in loaded
        if name.split(".")[0] in {"boto3", "botocore", "chalice", "chalicelib", "pytest"}
    ]


def test_a_users_test_file_has_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_users.py").write_text(USERS_TEST)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-p", "foreman_pytest", "-q", "test_users.py"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment()
    )
    assert "1 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert TOLD in done.stdout


def environment() -> dict[str, str]:
    """One in which this process's imports work."""
    return {
        "PYTHONPATH": ":".join(sys.path[1:]),
        "PATH": "/usr/bin:/bin",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }
