"""Real processes for end-to-end tests: `python -m infra` as an operator starts it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_S = 30
STOP_S = 10


@dataclass(frozen=True)
class Stack:
    """A local stack that is up, and where its data is."""

    endpoint: str
    api_key: str
    org_id: str
    region: str
    aws_endpoint_url: str
    pid: int
    data_dir: Path

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> tuple[int, Any]:
        """One request; the status and the JSON of the answer."""
        headers = {"Authorization": f"Bearer {key or self.api_key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def clean_environment() -> dict[str, str]:
    """This process's environment without any setting of AWS, Foreman or its logger, but able to import what this one can."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "FOREMAN_", "POWERTOOLS_"))}  # noqa: TID251 - children inherit it
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path[1:])}


def start(data_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `python -m infra ...` in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "infra", "--data-dir", str(data_dir), *arguments],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(
    data_dir: Path, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m infra ...` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "infra", "--data-dir", str(data_dir), *arguments],
        cwd=ROOT,
        env={**clean_environment(), **(env or {})},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@contextlib.contextmanager
def dev_stack(data_dir: Path, *arguments: str) -> Iterator[tuple[Stack, subprocess.Popen[str]]]:
    """`infra dev` on a free port until the end of the block; its process may be gone before."""
    ready = data_dir.parent / f"{data_dir.name}-{time.monotonic_ns()}.json"
    process = start(data_dir, "dev", "--port", "0", "--ready-file", str(ready), *arguments)
    try:
        await_true(lambda: ready.exists() or process.poll() is not None, START_S)
        assert ready.exists(), process.communicate()
        assert ready.stat().st_mode & 0o777 == 0o600
        content = json.loads(ready.read_text())
        yield (
            Stack(
                content["endpoint"],
                content["apiKey"],
                content["orgId"],
                content["region"],
                content["awsEndpointUrl"],
                content["pid"],
                data_dir,
            ),
            process,
        )
    finally:
        stop(process)


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
    """End a process as an operator would, within STOP_S seconds; what it printed. Does nothing to one that ended."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.communicate(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    except ValueError:  # its pipes were read before
        return "", ""


def descendants(pid: int) -> list[int]:
    """The ids of the process's children, their children, and so on."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in table.splitlines())}
    found: list[int] = []
    front = {pid}
    while front:
        front = {child for child, parent in parents.items() if parent in front}
        found += front
    return found


def alive(pids: Sequence[int]) -> list[int]:
    """Those of the processes that still run (a zombie does not)."""
    states = subprocess.run(["ps", "-eo", "pid=,stat="], capture_output=True, text=True, check=True).stdout
    running = {
        int(pid) for pid, stat in (line.split() for line in states.splitlines()) if not stat.startswith("Z")
    }
    return [pid for pid in pids if pid in running]


def await_true(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for the condition; fail when it does not come true in time."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not come true in time"
        time.sleep(0.05)
