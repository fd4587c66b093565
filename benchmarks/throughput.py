"""Tasks per second through the local stack, one worker of ten handlers: `python -m benchmarks.throughput [tasks]`.

The stack, the worker and this program share the machine, so the figure compares commits on one machine and nothing else.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from foreman_client import (
    Foreman,
    ForemanConfig,
    NewTask,
    Task,
    create_run,
    get_run,
    initialize_foreman_client,
)

CONCURRENCY: Final = 10
_START_S: Final = 40


@contextmanager
def local_stack() -> Iterator[dict[str, Any]]:
    """An ephemeral local stack: what its ready file says."""
    with TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [
            sys.executable,
            "-m",
            "infra",
            "dev",
            "--port",
            "0",
            "--ephemeral",
            "--ready-file",
            str(ready),
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                ends_at = time.monotonic() + _START_S
                while not ready.exists():
                    if process.poll() is not None or time.monotonic() > ends_at:
                        sys.exit("The local stack did not come up.")
                    time.sleep(0.05)
                yield json.loads(ready.read_text())
            finally:
                process.terminate()


def handle(task: Task) -> dict[str, int]:
    """Do nothing, and say so in a few bytes."""
    return {"n": task.input_data["n"]}


def measure(client: Foreman, config: ForemanConfig, tasks: int) -> tuple[float, float, float]:
    """Tasks per second enqueued and completed, and the worker process's CPU milliseconds per task."""
    run = create_run(config, input_data=None, auto_complete=True).unwrap()
    begun = time.monotonic()
    new = [NewTask(type="noop", input_data={"n": n}) for n in range(tasks)]
    client.enqueue_tasks(run_id=run.id, tasks=new).unwrap()
    enqueued = time.monotonic()
    cpu = time.process_time()
    worker = client.create_worker({"noop": handle}, concurrency=CONCURRENCY)
    worker.start()
    while get_run(config, run.id).unwrap().pending_tasks:
        time.sleep(0.1)
    done = time.monotonic()
    worker.stop()
    return tasks / (enqueued - begun), tasks / (done - enqueued), (time.process_time() - cpu) / tasks * 1000


def main() -> None:
    """Print the figures."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with local_stack() as stack:
        config = ForemanConfig(endpoint=stack["endpoint"], api_key=stack["apiKey"])
        enqueued, completed, cpu_ms = measure(initialize_foreman_client(config), config, tasks)
    print(f"{tasks} tasks, one worker of {CONCURRENCY} handlers, everything on this machine")
    print(f"  enqueued   {enqueued:7.0f} tasks/s (one call of the SDK, 90 a request)")
    print(f"  completed  {completed:7.0f} tasks/s (receive, claim, run, report, settle, delete)")
    print(f"  worker CPU {cpu_ms:7.2f} ms per task")


if __name__ == "__main__":
    main()
