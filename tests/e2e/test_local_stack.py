"""The local stack as an operator meets it: what it writes, how it ends, what it says when it cannot start."""

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.e2e.processes import Stack, alive, await_true, descendants, dev_stack, run, start, stop


def make_run(stack: Stack, note: str) -> str:
    status, made = stack.call("POST", "/api/v1/runs", {"inputData": {"note": note}})
    assert status == 201, made
    return str(made["id"])


def assert_sentence(text: str, *words: str) -> None:
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1, text
    for word in words:
        assert word in text


def test_the_ready_file_tells_all_that_a_client_needs(stack: Stack) -> None:
    assert stack.endpoint.startswith("http://127.0.0.1:")
    assert stack.api_key.startswith(f"fmn_dev_{stack.org_id}_")
    assert stack.call("GET", "/health")[0] == 200
    status, config = stack.call("GET", "/api/v1/config")
    assert (status, config["awsEndpointUrl"], config["region"]) == (200, stack.aws_endpoint_url, stack.region)


def test_an_ephemeral_stacks_key_is_in_the_ready_file_only(stack: Stack) -> None:
    assert not (stack.data_dir / "dev.json").exists()
    for path in stack.data_dir.rglob("*"):
        assert path.is_dir() or stack.api_key not in path.read_text(errors="replace"), path


def test_a_clean_stop_keeps_data_and_key_and_says_nothing(tmp_path: Path) -> None:
    home = tmp_path / "foreman"
    with dev_stack(home) as (first, process):
        run_id = make_run(first, "before")
        assert (home / "dev.json").stat().st_mode & 0o777 == 0o600
        assert json.loads((home / "dev.json").read_text())["apiKey"] == first.api_key
        children = descendants(process.pid)
        assert children
        out, err = stop(process, signal.SIGINT)
        assert process.returncode == 0
        assert (err, alive(children)) == ("", [])
        assert first.api_key in out
    with dev_stack(home) as (second, process):
        assert (second.api_key, second.aws_endpoint_url) == (first.api_key, first.aws_endpoint_url)
        assert second.call("GET", f"/api/v1/runs/{run_id}")[1]["inputData"] == {"note": "before"}
        assert "lost" not in stop(process)[0]


def test_the_children_of_a_killed_stack_end_and_save(tmp_path: Path) -> None:
    home = tmp_path / "foreman"
    with dev_stack(home) as (first, process):
        run_id = make_run(first, "survives")
        children = descendants(process.pid)
        process.kill()
        process.wait()
        await_true(lambda: not alive(children), 10)
    with dev_stack(home) as (second, process):
        assert second.call("GET", f"/api/v1/runs/{run_id}")[0] == 200
        assert "nothing was lost" in stop(process)[0]


def test_after_everything_was_killed_the_next_start_says_what_was_lost(tmp_path: Path) -> None:
    home = tmp_path / "foreman"
    with dev_stack(home) as (first, process):
        run_id = make_run(first, "lost")
        for pid in (*descendants(process.pid), process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()
    with dev_stack(home) as (second, process):
        assert second.api_key == first.api_key
        assert second.call("GET", f"/api/v1/runs/{run_id}")[0] == 404
        assert "everything written after" in stop(process)[0]


def test_a_dead_emulator_ends_the_stack_with_a_sentence(tmp_path: Path) -> None:
    with dev_stack(tmp_path / "foreman", "--ephemeral") as (_, process):
        (child,) = descendants(process.pid)
        os.kill(child, signal.SIGKILL)
        _, err = process.communicate(timeout=10)
        assert process.returncode == 1
        assert_sentence(err, "ended by itself")


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path / "foreman", "dev", "--port", str(port))
    assert ended.returncode == 1
    assert_sentence(ended.stderr, f"Port {port} is taken", "--port")


def test_a_second_stack_on_the_same_data_is_told_which_one_is_up(tmp_path: Path) -> None:
    with dev_stack(tmp_path / "foreman") as (first, _):
        ended = run(tmp_path / "foreman", "dev", "--port", "0")
        assert ended.returncode == 1
        assert_sentence(ended.stderr, str(first.pid), "--ephemeral")


def test_a_ready_file_without_a_folder_is_told(tmp_path: Path) -> None:
    ended = run(tmp_path / "foreman", "dev", "--port", "0", "--ready-file", str(tmp_path / "no" / "f"))
    assert ended.returncode == 1
    assert_sentence(ended.stderr, "does not exist")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_ends_everything_too(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path / "foreman", "dev", "--port", "0")
    await_true(lambda: bool(descendants(process.pid)) or process.poll() is not None, 20)
    children = descendants(process.pid)
    _, err = stop(process, number)
    assert (process.returncode, err) == (0, "")
    await_true(lambda: not alive(children), 10)


def test_the_demo_runs_an_order_and_ends_well(tmp_path: Path) -> None:
    ended = run(tmp_path / "foreman", "run", "--port", "0", "--once")
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.rstrip().splitlines()
    assert lines[-1].startswith("run completed in ")
    assert lines[-1].endswith(" s: 2 tasks completed")
    whats = [line[11:25].rstrip() for line in lines if line[7:9] == " s"]
    assert whats == [
        "run created",
        *("task queued", "task started", "data stored", "task completed"),
        *("task queued", "task started", "task completed"),
        "run completed",
    ]
    assert "\x1b" not in ended.stdout


def test_a_demo_that_was_interrupted_did_not_go_well(tmp_path: Path) -> None:
    process = start(tmp_path / "foreman", "run", "--port", "0", "--once")
    await_true(lambda: bool(descendants(process.pid)) or process.poll() is not None, 20)
    _, err = stop(process)
    assert (process.returncode, err) == (130, "")


def test_the_demo_stays_up_with_its_worker_until_ctrl_c(tmp_path: Path) -> None:
    process = start(tmp_path / "foreman", "run", "--port", "0")
    assert process.stdout is not None
    printed = ""
    while "curl" not in printed:
        line = process.stdout.readline()
        assert line, process.communicate()
        printed += line
    children = descendants(process.pid)
    assert len(children) == 2
    stop(process, signal.SIGINT)
    assert (process.returncode, alive(children)) == (0, [])
