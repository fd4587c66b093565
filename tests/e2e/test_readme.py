"""The README's Python does what the README says, against a real stack."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foreman_client import ForemanConfig, create_run, create_task, initialize_foreman_client
from tests.e2e.processes import ROOT, Stack, clean_environment, run


def blocks(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)


def test_the_first_task_of_ones_own(stack: Stack, tmp_path: Path) -> None:
    """By an organization of its own, on whose queue nothing of other tests lies."""
    (tmp_path / ".foreman").mkdir()
    made = run(stack.data_dir, "keys", "create", "--org", "first", "--json")
    dev = {"endpoint": stack.endpoint, "apiKey": json.loads(made.stdout)["apiKey"]}
    (tmp_path / ".foreman" / "dev.json").write_text(json.dumps(dev))
    (tmp_path / "hello.py").write_text(blocks(ROOT / "README.md")[0])
    command = [sys.executable, "-W", "error", "hello.py"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{'greeting': 'Hello, Ada!'}\n", "")


def test_the_sdk_in_one_page(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """As written, but for the address and the key; the suite supplies the names that the page leaves open."""
    code = blocks(ROOT / "README.md")[1]
    assert 'endpoint="http://localhost:3000", api_key="fmn_dev_acme_…"' in code
    code = code.replace("http://localhost:3000", stack.endpoint).replace("fmn_dev_acme_…", stack.api_key)
    config = ForemanConfig(endpoint=stack.endpoint, api_key=stack.api_key)
    run = create_run(config, input_data=None).unwrap()
    names: dict[str, Any] = {
        "process_order": lambda task: {"processed": task.input_data["action"]},
        "run_id": run.id,
        "task_a": create_task(config, run_id=run.id, type="a", input_data=1).unwrap(),
    }
    exec(compile(code, "README.md", "exec"), names)
    try:
        done = names["client"].wait_for_task(names["task"].data.id, timeout_s=20).unwrap()
    finally:
        names["worker"].stop()
    assert (done.status, done.output_data) == ("completed", {"processed": "validate"})
    assert names["run"].data.input_data == {"orderId": "order-123"}
    for found in ("data", "tagged", "results"):
        [entry] = names[found].data.data
        assert entry.key == "customer-data"
        assert entry.value == {"customerId": "123", "email": "user@example.com"}
        assert entry.tags == ["validated", "v1.0"]
    assert names["result"].success
    assert capsys.readouterr().out == ""


def test_the_sdks_own_readme(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Its blocks go on from each other; as written, but for the address and the key."""
    code = "\n".join(blocks(ROOT / "client" / "README.md"))
    code = code.replace("http://localhost:3000", stack.endpoint).replace("fmn_dev_acme_…", stack.api_key)
    names: dict[str, Any] = {}
    try:
        exec(compile(code, "client/README.md", "exec"), names)
    finally:
        for worker in ("worker", "adders", "reporter", "charger"):
            if worker in names:
                names[worker].stop()
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["completed {'processed': True}", "123"]
    assert "customer-data ['validated', 'v1.0']" in printed
    assert {"pending", "{'order': 0}"} <= set(printed)
    assert {"completed stock counted", "nightly 3600 True"} <= set(printed)
    assert "task.completed process-order completed" in printed
    assert printed[-1] == "{'charged': True}"


def test_the_examples_of_the_graphs_page(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    config = ForemanConfig(endpoint=stack.endpoint, api_key=stack.api_key)
    with initialize_foreman_client(config) as client:
        names: dict[str, Any] = {"client": client}
        try:
            for number, code in enumerate(blocks(ROOT / "docs" / "graphs.md")):
                exec(compile(code, f"graphs.md, block {number}", "exec"), names)
        finally:
            names["worker"].stop()
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["completed", "5", "5"]
    assert [line.split(" ", 1)[1] for line in said[3:5]] == [
        "fetch completed {'rows': 1}",
        "fetch completed {'rows': 4}",
    ]
    assert said[5:] == ["121"]


def test_the_programs_of_the_workers_page(stack: Stack, tmp_path: Path) -> None:
    """Handlers in a module, in threads, on the loop and in processes; and the program that runs them."""
    programs = blocks(ROOT / "docs" / "workers.md")[:2]
    for name, code in zip(("pictures.py", "work.py"), programs, strict=True):
        assert code.startswith(f"# {name}\n")
        (tmp_path / name).write_text(code)
    command = [sys.executable, "-W", "error", "work.py", stack.endpoint, stack.api_key]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == [
        "describe completed sunset, attempt 1",
        "resize completed {'name': 'sunset left', 'width': 100}",
        "resize completed {'name': 'sunset right', 'width': 100}",
        "split completed 2",
    ]


def test_the_async_program_of_the_workers_page(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    code = blocks(ROOT / "docs" / "workers.md")[3]
    config = ForemanConfig(endpoint=stack.endpoint, api_key=stack.api_key)
    with initialize_foreman_client(config) as client:
        exec(compile(code, "workers.md", "exec"), {"client": client})
    assert capsys.readouterr().out == "42\n"


def test_the_middleware_of_the_workers_page(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    code = blocks(ROOT / "docs" / "workers.md")[2]
    config = ForemanConfig(endpoint=stack.endpoint, api_key=stack.api_key)
    with initialize_foreman_client(config) as client:
        names: dict[str, Any] = {"client": client}
        try:
            exec(compile(code, "workers.md", "exec"), names)
        finally:
            names["worker"].stop()
    assert capsys.readouterr().out.splitlines() == [
        "['divide ZeroDivisionError', 'divide ok']",
        "running {}",
    ]
